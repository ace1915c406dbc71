"""Blur sources: where the transfer function K of the Wiener weights comes from."""

from monai_blurvae.blur.base import BlurSource, Spectra
from monai_blurvae.blur.fixed import FixedBlur
from monai_blurvae.blur.least_squares import LeastSquaresBlur
from monai_blurvae.blur.make import SOURCES, BlurSettings
from monai_blurvae.blur.measured import MeasuredBlur
from monai_blurvae.blur.network import NetworkBlur

__all__ = [
    "SOURCES",
    "BlurSettings",
    "BlurSource",
    "FixedBlur",
    "LeastSquaresBlur",
    "MeasuredBlur",
    "NetworkBlur",
    "Spectra",
]
