"""Ignite metrics of evaluations: image quality, likelihood, sharpness, spectra."""

from monai_blurvae.metrics.image_quality import on_unit_range, psnr, ssim
from monai_blurvae.metrics.latents import ActiveUnits, KLDivergence
from monai_blurvae.metrics.likelihood import BitsPerDimension, Table6Bound, likelihood_metrics
from monai_blurvae.metrics.per_image import PerImageMean
from monai_blurvae.metrics.sharpness import ResolvedFrequency, RingCorrelation, Sharpness
from monai_blurvae.metrics.spectra import LogSpectrumDifference, MeanLogSpectrum

__all__ = [
    "ActiveUnits",
    "BitsPerDimension",
    "KLDivergence",
    "LogSpectrumDifference",
    "MeanLogSpectrum",
    "PerImageMean",
    "ResolvedFrequency",
    "RingCorrelation",
    "Sharpness",
    "Table6Bound",
    "likelihood_metrics",
    "on_unit_range",
    "psnr",
    "ssim",
]
