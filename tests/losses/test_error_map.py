import pytest
import torch

from monai_blurvae.blur import FixedBlur
from monai_blurvae.losses import L1Loss, L2Loss, ScaledLikelihood, SpectralLoss, WienerBlurLoss
from tests.losses.test_base import batch, given_kernels


def spectral():
    loss = SpectralLoss(knots=3, tempering=0.5).eval()
    loss.log_power.copy_(torch.tensor([2.0, 0.0, -1.0]))
    return loss


LOSSES = {
    "l2": L2Loss,
    "l1": L1Loss,
    "spectral": spectral,
    "wiener_blur": given_kernels,
    "floored": lambda: given_kernels(floor=0.95),
    "fixed": lambda: WienerBlurLoss(FixedBlur.gaussian(2.0, (3, 3))),
}


@pytest.mark.parametrize("make", LOSSES.values(), ids=list(LOSSES))
def test_the_map_sums_to_the_error_and_is_nowhere_negative(make):
    loss, (x_hat, x, kernel) = make(), batch(6, 5)
    error_map = loss.error_map(x_hat, x, kernel)
    assert error_map.shape == x.shape
    assert (error_map >= 0).all()
    total = error_map.flatten(1).sum(dim=1)
    torch.testing.assert_close(total, loss.likelihood_energy(x_hat, x, kernel).error)


def test_a_likelihood_without_one_says_so():
    with pytest.raises(NotImplementedError):
        ScaledLikelihood().error_map(*batch(4, 4))
