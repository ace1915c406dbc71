"""Reconstruction terms on a GPU."""

import pytest
import torch

from monai_blurvae.losses import SpectralLoss, WienerBlurLoss
from tests.losses.test_laws import SIMPLE

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

TERMS = {
    **SIMPLE,
    "spectral": lambda: SpectralLoss(knots=4),
    "wiener": lambda: WienerBlurLoss(determinant="exact"),
    "wiener_fixed": lambda: WienerBlurLoss(fixed_variance=2.0, kernel_size=[5, 5]),
}


def value_and_gradient(make, device):
    generator = torch.Generator().manual_seed(0)
    x_hat, x = (torch.rand(2, 3, 1, 16, 16, generator=generator) * 1.8 - 0.9).to(device)
    kernel = torch.rand(3, 25, generator=generator).softmax(dim=1).reshape(3, 5, 5).to(device)
    value = make().to(device)(x_hat.requires_grad_(), x, kernel)
    (gradient,) = torch.autograd.grad(value.sum(), x_hat)
    return value.detach().cpu(), gradient.cpu()


@pytest.mark.parametrize("make", TERMS.values(), ids=TERMS)
def test_a_term_and_its_gradient_equal_those_on_the_cpu(make):
    for on_gpu, on_cpu in zip(value_and_gradient(make, "cuda"), value_and_gradient(make, "cpu"), strict=True):
        assert (on_gpu - on_cpu).norm() <= 1e-4 * on_cpu.norm()
