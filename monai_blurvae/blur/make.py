"""A blur source by its name."""

from collections.abc import Callable
from dataclasses import dataclass

from monai_blurvae.blur.base import BlurSource
from monai_blurvae.blur.fixed import FixedBlur
from monai_blurvae.blur.least_squares import LeastSquaresBlur
from monai_blurvae.blur.measured import MeasuredBlur
from monai_blurvae.blur.network import NetworkBlur


@dataclass(frozen=True)
class BlurSettings:
    """The settings of all sources; each reads only its own. The defaults fit images of any dimension."""

    kernel_size: int | tuple[int, ...] = 11
    """Size of the kernel in pixels, odd; one number: the same along every axis ("fixed", "least_squares")."""
    variance: float = 2.0
    """Variance of the Gaussian kernel in pixels squared ("fixed")."""
    fit: str = "valid"
    """Where the kernel network is fitted ("network")."""
    attach: bool = False
    """Whether the gradient of K flows through z ("network")."""
    rings: int = 32
    """Number of rings ("measured")."""
    decay: float = 0.98
    """Weight of earlier batches ("measured")."""
    start: int = 1
    """Batches before K is used ("measured")."""
    spacing: tuple[float, ...] | None = None
    """Pixel size in mm along every axis; None: rings in cycles per pixel ("measured")."""


SOURCES: dict[str, Callable[[BlurSettings], BlurSource]] = {
    "fixed": lambda s: FixedBlur.gaussian(s.variance, s.kernel_size),
    "network": lambda s: NetworkBlur(fit=s.fit, attach=s.attach),
    "least_squares": lambda s: LeastSquaresBlur(s.kernel_size),
    "measured": lambda s: MeasuredBlur(s.rings, s.decay, s.start, s.spacing),
}
"""Blur sources by name. A new source is entered here."""
