"""A reconstruction term from plain settings, by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from torch import nn

from monai_blurvae.blur import SOURCES, BlurSettings
from monai_blurvae.blur.network import FITS
from monai_blurvae.functional import check_odd
from monai_blurvae.functional.wiener import DETERMINANTS
from monai_blurvae.losses.added import AddedLoss, MeanFocalFrequency, MeanJukebox
from monai_blurvae.losses.base import ReconstructionLoss
from monai_blurvae.losses.cross_entropy import CrossEntropyLoss
from monai_blurvae.losses.focal_frequency import FocalFrequencyLoss
from monai_blurvae.losses.l1 import L1Loss
from monai_blurvae.losses.l1_mean import L1MeanLoss
from monai_blurvae.losses.l2 import L2Loss
from monai_blurvae.losses.perceptual import PERCEPTUAL_NETWORKS, perceptual_distance
from monai_blurvae.losses.robust import RobustLoss
from monai_blurvae.losses.spectral import SpectralLoss
from monai_blurvae.losses.ssim import SSIMLoss
from monai_blurvae.losses.vgg import VGGLoss
from monai_blurvae.losses.watson import WatsonLoss
from monai_blurvae.losses.wiener_blur import WienerBlurLoss
from monai_blurvae.settings import (
    Checked,
    Count,
    Millimetres,
    NotNegative,
    OneOf,
    Positive,
    Share,
    from_mapping,
)


def _wiener(s: "LossSettings", blur: str) -> WienerBlurLoss:
    attach = s.determinant != "omit" if s.detach_kernel is None else not s.detach_kernel
    settings = BlurSettings(
        kernel_size=(s.kernel_size,) * s.spatial_dims,
        variance=s.fixed_variance,
        fit=s.kernel_fit,
        attach=attach,
        rings=s.rings,
        decay=s.decay,
        start=s.start,
        spacing=s.spacing,
    )
    return WienerBlurLoss(SOURCES[blur](settings), s.C, s.determinant, s.epsilon, s.scale, s.floor)


TERMS: dict[str, Callable[["LossSettings"], ReconstructionLoss]] = {
    "wiener_blur": lambda s: _wiener(s, s.blur),
    "wiener_fixed": lambda s: _wiener(s, "fixed"),
    "l2": lambda s: L2Loss(s.scale),
    "l1": lambda s: L1Loss(s.scale),
    "l1_mean": lambda _: L1MeanLoss(),
    "spectral": lambda s: SpectralLoss(s.knots, s.tempering, s.max_ratio, scale=s.scale),
    "cross_entropy": lambda _: CrossEntropyLoss(),
    "ssim": lambda s: SSIMLoss(s.spatial_dims),
    "focal_frequency": lambda s: FocalFrequencyLoss(s.focal_alpha),
    "vgg": lambda s: VGGLoss(s.channels, s.spatial_dims),
    "watson": lambda s: WatsonLoss(s.watson_weights, channels=s.channels, spatial_dims=s.spatial_dims),
    "robust": lambda _: RobustLoss(),
}
"""Reconstruction terms by name. A new term is entered here, and its settings also in train.json."""

ADDED: dict[str, Callable[["LossSettings"], nn.Module]] = {
    "focal_frequency": lambda s: MeanFocalFrequency(s.focal_alpha),
    "jukebox": lambda _: MeanJukebox(),
    "perceptual": lambda s: perceptual_distance(s.perceptual_network, s.spatial_dims),
}
"""Terms that may stand beside one of `TERMS`, by name."""


@dataclass(frozen=True)
class LossSettings(Checked):
    """The settings of all terms. Each term reads its own settings and ignores the rest."""

    name: Annotated[str, OneOf(TERMS)] = "wiener_blur"
    """Which reconstruction term."""
    spatial_dims: Annotated[int, "[2, 3]"] = 2
    """Spatial axes of the images."""
    channels: Count = 1
    """Channels of the images."""
    scale: Positive | Annotated[str, OneOf(("optimal",))] = "optimal"
    """Scale of a likelihood: fitted to each batch, or a number in units of the images in [-1, 1]."""
    blur: Annotated[str, OneOf(SOURCES)] = "network"
    """Where the blur of "wiener_blur" comes from."""
    C: Positive | None = None
    """Wiener constant; null: the blur source's own."""
    floor: Positive | None = None
    """Least weight abs(w)^2; null: the blur source's own."""
    determinant: Annotated[str, OneOf(DETERMINANTS)] = "omit"
    """Form of the determinant in training."""
    epsilon: NotNegative = 0.5
    """eps of the epsilon form."""
    kernel_size: Annotated[int, "[1, 1023]"] = 11
    """Edge length of the kernel in pixels, odd ("fixed", "least_squares", "network")."""
    kernel_fit: Annotated[str, OneOf(FITS)] = "circular"
    """Where the kernel network is fitted: "circular" (the paper) or "valid" (off the borders)."""
    detach_kernel: bool | None = None
    """Whether the kernel's gradient into z stops; null: only with the determinant "omit"."""
    fixed_variance: Positive = 2.0
    """Variance of the fixed Gaussian kernel in pixels squared."""
    rings: Annotated[int, "[3, 4096]"] = 32
    """Rings of the measured blur."""
    decay: Annotated[float, "[0, 1)"] = 0.98
    """Weight of earlier batches in the measured blur."""
    start: Count = 1
    """Batches before the measured blur is used."""
    spacing: tuple[Millimetres, ...] | None = None
    """Pixel size along every axis of the images, for rings of the measured blur in cycles per mm; null:
    cycles per pixel."""
    knots: Annotated[int, "[2, 4096]"] = 12
    """Knots of the spectral likelihood."""
    tempering: Share = 0.25
    """Tempering of the spectral likelihood."""
    max_ratio: Annotated[float, "[1, inf)"] | None = None
    """Largest ratio of the spectral likelihood's eigenvalues; null: no bound."""
    focal_alpha: NotNegative = 1.0
    """Exponent of the focal frequency loss."""
    watson_weights: str | None = None
    """Weight file of the Watson distance."""
    added: Annotated[str, OneOf(ADDED)] | None = None
    """A second term beside the first; null: none."""
    added_weight: NotNegative = 0.001
    """Weight of the second term."""
    perceptual_network: Annotated[str, OneOf(PERCEPTUAL_NETWORKS)] = "squeeze"
    """Network of the second term "perceptual"."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_odd((self.kernel_size,), "kernel_size")


def make_loss(settings: LossSettings | Mapping[str, Any]) -> ReconstructionLoss:
    """Make the reconstruction term that the settings name.

    Args:
        settings: the settings, or plain values by name.

    Returns:
        The term.

    Raises:
        ValueError: If a name is unknown (the message gives the nearest) or a value is out of its range.

    Example:
        >>> make_loss({"name": "wiener_blur", "blur": "measured"}).blur.rings
        32
    """
    if not isinstance(settings, LossSettings):
        settings = from_mapping(LossSettings, settings, "loss")
    term = TERMS[settings.name](settings)
    if settings.added is None:
        return term
    return AddedLoss(term, ADDED[settings.added](settings), settings.added_weight)
