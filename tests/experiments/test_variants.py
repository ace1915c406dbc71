"""Forms of the measured blur that the study compares: each against the library's where they must agree."""

import pytest
import torch

from experiments.autoencoders.variants import VARIANTS
from monai_blurvae.losses import WienerBlurLoss

C = 0.05


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 1, 64, 64, generator=generator)
    return x, torch.fft.irfft2(torch.fft.rfft2(x) * torch.linspace(1, 0.2, 33)).requires_grad_()


def test_a_gain_of_each_frequency_is_the_filter_that_made_the_blur(pair):
    x, x_hat = pair
    loss = VARIANTS["whole_spectrum"](C, 1)
    for _ in range(3):
        loss(x_hat, x)
    K = loss.blur.transfer_function((64, 64)).real[0]
    smooth = torch.linspace(1, 0.2, 33).expand(64, 33)
    assert (K - smooth)[1:, 2:-2].abs().mean() < 0.02


def test_without_a_taper_a_uniform_gain_is_the_same(pair):
    x, _ = pair
    ours, theirs = VARIANTS["untapered"](C, 1), WienerBlurLoss("measured", C)
    x_hat = (0.5 * x).requires_grad_()
    values = [[loss(x_hat, x) for _ in range(2)][-1] for loss in (ours, theirs)]
    torch.testing.assert_close(*values)


def test_equal_channels_give_the_shared_blur(pair):
    x, x_hat = (image.expand(-1, 3, -1, -1) for image in pair)
    ours, theirs = VARIANTS["per_channel"](C, 3), WienerBlurLoss("measured", C)
    for _ in range(3):
        torch.testing.assert_close(ours(x_hat, x), theirs(x_hat, x))


def test_channels_of_different_blur_get_a_gain_each(pair):
    x, x_hat = pair
    images, blurred = x.expand(-1, 2, -1, -1), torch.cat([x_hat, 0.5 * x], dim=1)
    loss = VARIANTS["per_channel"](C, 2)
    loss(blurred, images)
    torch.testing.assert_close(loss.losses[1].blur.gain, torch.full((32,), 0.5))
    assert loss.losses[0].blur.gain.std() > 0.1


def test_a_blur_of_one_axis_gets_a_gain_of_that_axis_only():
    x = torch.randn(4, 1, 32, 32, 32, generator=torch.Generator().manual_seed(0))
    along = 1 / (1 + 20 * torch.fft.fftfreq(32)[:, None, None].abs())
    x_hat = torch.fft.irfftn(torch.fft.rfftn(x, dim=(2, 3, 4)) * along, dim=(2, 3, 4)).requires_grad_()
    loss = VARIANTS["axis_groups"](C, 1)
    loss(x_hat, x)
    K = loss.blur.transfer_function((32, 32, 32)).real[0]
    torch.testing.assert_close(
        K[2:, 4:-4, 4:12], along[2:].expand(-1, 32, 17)[:, 4:-4, 4:12], atol=0.06, rtol=0
    )
