"""A trained model as a prior of images: energies, gradients and proximal steps for inverse problems."""

from monai_blurvae.priors.base import Prior
from monai_blurvae.priors.descent import descend
from monai_blurvae.priors.vae_prior import VAEPrior

__all__ = [
    "Prior",
    "VAEPrior",
    "descend",
]
