"""Reconstruction terms on a GPU."""

import pytest
import torch

from monai_blurvae.blur import NetworkBlur
from monai_blurvae.losses import make_loss
from monai_blurvae.networks import KernelNet

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

BLURS = {
    blur: {"name": "wiener_blur", "blur": blur, "kernel_size": 5}
    for blur in ("fixed", "network", "measured", "least_squares")
}
TERMS = {
    **{name: {"name": name} for name in ("l2", "l1", "cross_entropy", "ssim", "focal_frequency", "robust")},
    "spectral": {"name": "spectral", "knots": 4},
    **BLURS,
    "exact": {**BLURS["fixed"], "determinant": "exact"},
}


def value_and_gradient(settings, device):
    """Terms of the second batch of two: a measured blur has been measured then."""
    torch.manual_seed(0)
    loss, z = make_loss(settings), torch.randn(3, 6)
    blur = getattr(loss, "blur", None)
    if isinstance(blur, NetworkBlur):
        blur.bind(KernelNet(6, (5, 5), hidden_size=10).to(device))
    loss.to(device)
    for _ in range(2):
        x_hat, x = (torch.rand(2, 3, 1, 16, 16) * 1.8 - 0.9).to(device)
        value = loss.terms(x_hat.requires_grad_(), x, z.to(device)).nll
    (gradient,) = torch.autograd.grad(value.sum(), x_hat)
    return value.detach().cpu(), gradient.cpu()


@pytest.mark.parametrize("settings", TERMS.values(), ids=TERMS)
def test_a_term_and_its_gradient_equal_those_on_the_cpu(settings):
    on_gpu, on_cpu = (value_and_gradient(settings, device) for device in ("cuda", "cpu"))
    for one, other in zip(on_gpu, on_cpu, strict=True):
        assert (one - other).norm() <= 1e-4 * other.norm()
