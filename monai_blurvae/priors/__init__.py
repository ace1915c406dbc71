"""A trained model as a prior of images: energies, gradients and proximal steps for inverse problems."""

from monai_blurvae.priors.base import Prior
from monai_blurvae.priors.complex_prior import ComplexPrior
from monai_blurvae.priors.descent import descend
from monai_blurvae.priors.intensity import IntensityRange
from monai_blurvae.priors.phase import smooth_phase
from monai_blurvae.priors.tiled_prior import TiledPrior
from monai_blurvae.priors.tiling import PatchTiling
from monai_blurvae.priors.vae_prior import VAEPrior

__all__ = [
    "ComplexPrior",
    "IntensityRange",
    "PatchTiling",
    "Prior",
    "TiledPrior",
    "VAEPrior",
    "descend",
    "smooth_phase",
]
