"""A trained VAE as a prior for MRI reconstruction, and what it is compared with."""

from monai_blurvae.priors.alternating_map import AlternatingMAP
from monai_blurvae.priors.anomaly import PatchStrangeness, Strangeness
from monai_blurvae.priors.base import Prior
from monai_blurvae.priors.centred_fourier import image_to_kspace, kspace_to_image
from monai_blurvae.priors.coil_mixing import compression_matrix, mix_coils
from monai_blurvae.priors.coils import simulated_coil_maps
from monai_blurvae.priors.complex_prior import ComplexPrior
from monai_blurvae.priors.conditional import GaussianConditional
from monai_blurvae.priors.conjugate_gradient import conjugate_gradient
from monai_blurvae.priors.descent import descend
from monai_blurvae.priors.error import nrmse
from monai_blurvae.priors.fit_pixel_scale import fit_pixel_scale
from monai_blurvae.priors.held_back import held_back_residual, hold_back
from monai_blurvae.priors.intensity import IntensityRange
from monai_blurvae.priors.joint_map import JointMAP
from monai_blurvae.priors.local_bias import local_bias
from monai_blurvae.priors.masks import acceleration, sampled_mask, uniform_lines, variable_density_lines
from monai_blurvae.priors.mri import CartesianEncoding
from monai_blurvae.priors.noise import complex_noise, noise_covariance, noise_std, prewhiten
from monai_blurvae.priors.phase import smooth_phase
from monai_blurvae.priors.pooling import mean_of_highest
from monai_blurvae.priors.readout import remove_readout_oversampling
from monai_blurvae.priors.reconstruction import Reconstruction
from monai_blurvae.priors.sense import cg_sense, zero_filled
from monai_blurvae.priors.signal_scale import signal_scale
from monai_blurvae.priors.synthetic_phase import synthetic_phase, with_phase
from monai_blurvae.priors.tiled_prior import TiledPrior
from monai_blurvae.priors.tiling import PatchTiling
from monai_blurvae.priors.total_variation import total_variation
from monai_blurvae.priors.vae_prior import VAEPrior

__all__ = [
    "AlternatingMAP",
    "CartesianEncoding",
    "ComplexPrior",
    "GaussianConditional",
    "IntensityRange",
    "JointMAP",
    "PatchStrangeness",
    "PatchTiling",
    "Prior",
    "Reconstruction",
    "Strangeness",
    "TiledPrior",
    "VAEPrior",
    "acceleration",
    "cg_sense",
    "complex_noise",
    "compression_matrix",
    "conjugate_gradient",
    "descend",
    "fit_pixel_scale",
    "held_back_residual",
    "hold_back",
    "image_to_kspace",
    "kspace_to_image",
    "local_bias",
    "mean_of_highest",
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
