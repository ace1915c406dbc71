"""Ignite metrics of evaluations: image quality, likelihood, sharpness, spectra."""

from monai_blurvae.metrics.frechet import FrechetDistance, fid
from monai_blurvae.metrics.image_quality import ImageQuality, psnr, ssim
from monai_blurvae.metrics.latents import ActiveUnits, KLDivergence
from monai_blurvae.metrics.likelihood import BitsPerDimension, Table6Bound, likelihood_metrics
from monai_blurvae.metrics.mmd import MaximumMeanDiscrepancy
from monai_blurvae.metrics.not_computed import NotComputed, Unavailable
from monai_blurvae.metrics.per_image import PerImageMean
from monai_blurvae.metrics.perceptual_similarity import LPIPS, lpips
from monai_blurvae.metrics.sharpness import ResolvedFrequency, RingCorrelation, Sharpness
from monai_blurvae.metrics.spectra import LogSpectrumDifference, MeanLogSpectrum

__all__ = [
    "LPIPS",
    "ActiveUnits",
    "BitsPerDimension",
    "FrechetDistance",
    "ImageQuality",
    "KLDivergence",
    "LogSpectrumDifference",
    "MaximumMeanDiscrepancy",
    "MeanLogSpectrum",
    "NotComputed",
    "PerImageMean",
    "ResolvedFrequency",
    "RingCorrelation",
    "Sharpness",
    "Table6Bound",
    "Unavailable",
    "fid",
    "likelihood_metrics",
    "lpips",
    "psnr",
    "ssim",
]
