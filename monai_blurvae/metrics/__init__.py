"""Ignite metrics of evaluations: image quality, likelihood, sharpness, spectra."""

from monai_blurvae.metrics.base import PerImageMean
from monai_blurvae.metrics.choices import evaluation_metrics, validation_metrics
from monai_blurvae.metrics.frechet import FrechetDistance, fid
from monai_blurvae.metrics.frequencies import (
    LogSpectrumDifference,
    MeanLogSpectrum,
    ResolvedFrequency,
    RingCorrelation,
    Sharpness,
)
from monai_blurvae.metrics.latents import ActiveUnits, KLDivergence
from monai_blurvae.metrics.likelihood import BitsPerDimension, Table6Bound, likelihood_metrics
from monai_blurvae.metrics.mmd import MaximumMeanDiscrepancy
from monai_blurvae.metrics.not_computed import NotComputed, Unavailable
from monai_blurvae.metrics.quality import LPIPS, ImageQuality, lpips, psnr, ssim

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
    "evaluation_metrics",
    "fid",
    "likelihood_metrics",
    "lpips",
    "psnr",
    "ssim",
    "validation_metrics",
]
