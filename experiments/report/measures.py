"""Measures of a run: their names in files and tables, which value is best, and means over seeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
"""Of confidence intervals."""
Best = Literal["highest", "lowest", "nearest 0", "nearest 1"]

BADNESS: dict[Best, Callable[[float], float]] = {
    "highest": lambda value: -value,
    "lowest": lambda value: value,
    "nearest 0": abs,
    "nearest 1": lambda value: abs(value - 1),
}


@dataclass(frozen=True)
class Measure:
    """A number that a test evaluation gives."""

    name: str
    label: str
    best: Best | None
    digits: int
    paper: str | None = None
    paper_scale: float = 1.0

    def badness(self, value: float) -> float:
        """Order values: the smaller, the better."""
        if self.best is None:
            raise ValueError(f"`measure` must have a best value, got {self.name}")
        return BADNESS[self.best](value)

    def text(self, value: float) -> str:
        """Write a value as tables show it."""
        return f"{value:.{self.digits}f}"


QUALITY = (
    Measure("psnr", "PSNR, dB", "highest", 2, "psnr"),
    Measure("ssim", "SSIM", "highest", 3, "ssim"),
    Measure("lpips", "LPIPS", "lowest", 3, "lpips"),
    Measure("fid_reconstructions", "FID, reconstructions", "lowest", 1, "fid_recon", 1000.0),
    Measure("fid_samples", "FID, samples", "lowest", 1, "fid_gen", 1000.0),
    Measure("mmd_reconstructions", "MMD, reconstructions", "lowest", 4),
    Measure("mmd_samples", "MMD, samples", "lowest", 4),
)
KL = Measure("kl", "KL, nats", None, 1)
LIKELIHOOD = (
    KL,
    Measure("active_units", "active units", None, 0),
    Measure("bits_per_dimension", "bits per dimension", "lowest", 3),
    Measure("table6_bound", "-log p (table 6)", "lowest", 0, "neg_log_p_upper_bound"),
)
SHARPNESS = (
    Measure("resolved_frequency", "resolved frequency, cycles per pixel", "highest", 4),
    Measure("ring_correlation", "ring correlation above 0.25", "highest", 3),
    Measure("sharpness_reconstructions", "sharpness, reconstructions", "nearest 1", 3),
    Measure("sharpness_samples", "sharpness, samples", "nearest 1", 3),
    Measure("spectrum_difference_reconstructions", "spectrum difference, reconstructions", "nearest 0", 3),
    Measure("spectrum_difference_samples", "spectrum difference, samples", "nearest 0", 3),
)
SHARPNESS_READING = (
    "Sharpness is the power above 0.25 cycles per pixel over the data's (1 is best; noise raises it too), "
    "ring correlation the mean Fourier ring correlation with the inputs above 0.25 cycles per pixel, and "
    "resolved frequency where that correlation falls to 1/2, all of images tapered towards their borders; "
    "spectrum difference is the mean over all frequencies of log |F| less the data's, of images as they are."
)
"""What a caption has to say of these measures."""
MEASURES = {measure.name: measure for measure in (*QUALITY, *LIKELIHOOD, *SHARPNESS)}


def best_of(measure: Measure, values: Sequence[float | None]) -> set[int]:
    """Find the best of a column, as it is shown: what reads equal is equally good."""
    known = {index: value for index, value in enumerate(values) if value is not None}
    if measure.best is None or len(known) < 2:
        return set()
    best = measure.text(min(known.values(), key=measure.badness))
    found = {index for index, value in known.items() if measure.text(value) == best}
    return found if len(found) < len(known) else set()


class Estimate(NamedTuple):
    """A mean over seeds or subjects."""

    mean: float
    half_width: float | None
    """Of the 95 % t-interval; None for one value."""
    number: int

    @property
    def decided(self) -> bool:
        """Whether the interval excludes 0; never for one value."""
        return self.half_width is not None and abs(self.mean) > self.half_width


def estimate(values: Sequence[float]) -> Estimate:
    """Estimate a mean, with the half-width t(n - 1) s / sqrt(n) of its interval.

    Example:
        >>> estimate([2.0, 2.0, 2.0])
        Estimate(mean=2.0, half_width=0.0, number=3)
    """
    count = len(values)
    if count == 0:
        raise ValueError(f"`values` must hold a value for each seed or subject, got {values!r}")
    half = None
    if count > 1:
        half = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * stats.sem(values))
    return Estimate(float(np.mean(values)), half, count)
