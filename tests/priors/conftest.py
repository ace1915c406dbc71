"""A small prior in float64, whose batch statistics are not the initial ones, and images for it."""

from collections.abc import Callable

import pytest
import torch

from monai_blurvae.blur import MeasuredBlur, NetworkBlur, Spectra
from monai_blurvae.losses import L2Loss, ReconstructionLoss, SpectralLoss, WienerBlurLoss
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, KernelNet, PixelScale
from monai_blurvae.priors import VAEPrior

SIZE = 8


def small_network(loss: ReconstructionLoss, scale: float = 0.3, channels: int = 1) -> BlurVAE:
    torch.manual_seed(0)
    shape = {
        "image_size": SIZE,
        "features": [4, 4],
        "latent_size": 5,
        "hidden_size": 12,
        "channels": channels,
    }
    kernel_net = KernelNet(5, (3, 3), hidden_size=10) if loss.needs_kernel_net else None
    network = BlurVAE(Encoder(**shape), Decoder(**shape), kernel_net, loss)
    if kernel_net is not None:
        loss.blur.bind(kernel_net)  # a loss that another test's network was made with
    for norm in network.modules():
        if isinstance(norm, torch.nn.modules.batchnorm._BatchNorm):
            torch.nn.init.uniform_(norm.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(norm.running_var, 0.5, 2.0)
    network.scale.fill_(scale)
    return network


def small_pixel_scale(channels: int = 1) -> PixelScale:
    """A scale network whose scales differ between pixels even where the means hardly do."""
    torch.manual_seed(3)
    network = PixelScale(channels, features=3)
    for layer in (network.layers[0], network.layers[-1]):
        torch.nn.init.normal_(layer.weight, std=3.0)
    return network


def coloured_spectral_loss() -> SpectralLoss:
    """Errors with more power at low frequencies."""
    loss = SpectralLoss()
    loss.log_power.copy_(torch.linspace(2, -4, len(loss.log_power)))
    return loss


def papers_loss() -> WienerBlurLoss:
    """Without a floor above 1e-8."""
    return WienerBlurLoss(NetworkBlur(fit="circular"))


def measured_loss() -> WienerBlurLoss:
    """The Wiener loss of a blur that was measured: what a 3 x 3 mean does to noise."""
    x = images(8).float()
    loss = WienerBlurLoss(MeasuredBlur(rings=4))
    blurred = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(x, (1, 1, 1, 1), "circular"), 3, 1)
    loss.blur.observe(Spectra.of(x, blurred), x.shape[2:])
    return loss


GAUSSIAN = ["L2", "Wiener", "bounded Wiener", "spectral", "measured"]


def gaussian_losses() -> list[ReconstructionLoss]:
    """A loss of each of the kinds `GAUSSIAN`."""
    bounded = WienerBlurLoss("network", floor=0.95)
    return [L2Loss(), papers_loss(), bounded, coloured_spectral_loss(), measured_loss()]


@pytest.fixture
def make_prior() -> Callable[..., VAEPrior]:
    def make(loss: ReconstructionLoss | None = None, channels: int = 1, **arguments: object) -> VAEPrior:
        loss = papers_loss() if loss is None else loss
        return VAEPrior(small_network(loss, channels=channels), loss, **arguments).double()

    return make


@pytest.fixture
def prior(make_prior: Callable[..., VAEPrior]) -> VAEPrior:
    return make_prior(samples=2)


def images(n: int, *size: int, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, *(size or (SIZE, SIZE)), generator=generator, dtype=torch.float64) * 2 - 1


def complex_images(n: int, *size: int, seed: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 1, *(size or (SIZE, SIZE)), generator=generator, dtype=torch.complex128)
