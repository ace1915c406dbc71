"""What validation and test measure."""

from ignite.metrics import Metric

from monai_blurvae.checks import check_in, check_integer
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.frechet import fid
from monai_blurvae.metrics.frequencies import (
    LogSpectrumDifference,
    ResolvedFrequency,
    RingCorrelation,
    Sharpness,
)
from monai_blurvae.metrics.latents import ActiveUnits, KLDivergence
from monai_blurvae.metrics.mmd import MaximumMeanDiscrepancy
from monai_blurvae.metrics.quality import lpips, psnr, ssim


def validation_metrics(spatial_dims: int = 2) -> dict[str, Metric]:
    """Make the measures of every validation; PSNR, the key metric, is not among them.

    Args:
        spatial_dims: spatial axes of the images, 2 or 3.

    Returns:
        The metrics by name.
    """
    return {
        "ssim": ssim(spatial_dims),
        "kl": KLDivergence(),
        "active_units": ActiveUnits(),
        "sharpness_reconstructions": Sharpness(Keys.RECONSTRUCTION),
        "sharpness_samples": Sharpness(Keys.SAMPLES),
        "ring_correlation": RingCorrelation(),
        "resolved_frequency": ResolvedFrequency(),
    }


def evaluation_metrics(spatial_dims: int = 2, channels: int = 1, image_size: int = 64) -> dict[str, Metric]:
    """Make the measures of a test: those of validations, and the distances to other people's networks.

    Args:
        spatial_dims: spatial axes of the images, 2 or 3.
        channels: channels of the images.
        image_size: edge length of the images in pixels.

    Returns:
        The metrics by name, PSNR first; one that cannot be computed says why.

    Raises:
        ValueError: If a number is no size of images.
    """
    check_in("[2, 3]", spatial_dims=spatial_dims)
    check_integer(1, channels=channels, image_size=image_size)
    kinds = {"reconstructions": Keys.RECONSTRUCTION, "samples": Keys.SAMPLES}
    distances: dict[str, Metric] = {"lpips": lpips(spatial_dims, channels, image_size)}
    distances |= {f"fid_{kind}": fid(key, spatial_dims, channels) for kind, key in kinds.items()}
    distances |= {f"mmd_{kind}": MaximumMeanDiscrepancy(key) for kind, key in kinds.items()}
    distances |= {f"spectrum_difference_{kind}": LogSpectrumDifference(key) for kind, key in kinds.items()}
    return {"psnr": psnr(), **validation_metrics(spatial_dims), **distances}
