"""Cartesian multi-coil MRI: encoding, coils, noise, sampling, files, and classical reconstructions."""

from monai_blurvae.mri.centred_fourier import image_to_kspace, kspace_to_image, remove_readout_oversampling
from monai_blurvae.mri.classical import CGSense, ZeroFilled, signal_scale
from monai_blurvae.mri.coils import compression_matrix, espirit_maps, mix_coils, simulated_coil_maps
from monai_blurvae.mri.conjugate_gradient import conjugate_gradient
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.error import held_back_residual, nrmse
from monai_blurvae.mri.error_bars import ErrorModel, RingCoverage, error_model, ring_coverage
from monai_blurvae.mri.kspace_file import read_kspace
from monai_blurvae.mri.l1_wavelet import L1Wavelet
from monai_blurvae.mri.masks import (
    acceleration,
    hold_back,
    poisson_disc,
    sampled_mask,
    uniform_lines,
    variable_density_lines,
)
from monai_blurvae.mri.noise import complex_noise, noise_covariance, noise_std, prewhiten
from monai_blurvae.mri.phase import rough_phase, smooth_phase, synthetic_phase, with_phase
from monai_blurvae.mri.solver import PosteriorSolver, Reconstruction, Solver
from monai_blurvae.mri.total_variation import TotalVariation

__all__ = [
    "CGSense",
    "CartesianEncoding",
    "ErrorModel",
    "L1Wavelet",
    "PosteriorSolver",
    "Reconstruction",
    "RingCoverage",
    "Solver",
    "TotalVariation",
    "ZeroFilled",
    "acceleration",
    "complex_noise",
    "compression_matrix",
    "conjugate_gradient",
    "error_model",
    "espirit_maps",
    "held_back_residual",
    "hold_back",
    "image_to_kspace",
    "kspace_to_image",
    "mix_coils",
    "noise_covariance",
    "noise_std",
    "nrmse",
    "poisson_disc",
    "prewhiten",
    "read_kspace",
    "remove_readout_oversampling",
    "ring_coverage",
    "rough_phase",
    "sampled_mask",
    "signal_scale",
    "simulated_coil_maps",
    "smooth_phase",
    "synthetic_phase",
    "uniform_lines",
    "variable_density_lines",
    "with_phase",
]
