"""Cartesian multi-coil MRI: encoding, coils, noise, sampling, files, and classical reconstructions."""

from monai_blurvae.mri.centred_fourier import image_to_kspace, kspace_to_image
from monai_blurvae.mri.coil_mixing import compression_matrix, mix_coils
from monai_blurvae.mri.coils import simulated_coil_maps
from monai_blurvae.mri.conjugate_gradient import conjugate_gradient
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.error import nrmse
from monai_blurvae.mri.held_back import held_back_residual, hold_back
from monai_blurvae.mri.masks import acceleration, sampled_mask, uniform_lines, variable_density_lines
from monai_blurvae.mri.mri_extra import from_mri_extra
from monai_blurvae.mri.noise import complex_noise, noise_covariance, noise_std, prewhiten
from monai_blurvae.mri.phase import smooth_phase
from monai_blurvae.mri.readout import remove_readout_oversampling
from monai_blurvae.mri.reconstruction import Reconstruction
from monai_blurvae.mri.sense import cg_sense, zero_filled
from monai_blurvae.mri.signal_scale import signal_scale
from monai_blurvae.mri.synthetic_phase import synthetic_phase, with_phase
from monai_blurvae.mri.total_variation import total_variation

__all__ = [
    "CartesianEncoding",
    "Reconstruction",
    "acceleration",
    "cg_sense",
    "complex_noise",
    "compression_matrix",
    "conjugate_gradient",
    "from_mri_extra",
    "held_back_residual",
    "hold_back",
    "image_to_kspace",
    "kspace_to_image",
    "mix_coils",
    "noise_covariance",
    "noise_std",
    "nrmse",
    "prewhiten",
    "remove_readout_oversampling",
    "sampled_mask",
    "signal_scale",
    "simulated_coil_maps",
    "smooth_phase",
    "synthetic_phase",
    "total_variation",
    "uniform_lines",
    "variable_density_lines",
    "with_phase",
    "zero_filled",
]
