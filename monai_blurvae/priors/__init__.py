"""A trained VAE as a prior of images, patches and complex slices, and solvers that use it."""

from monai_blurvae.priors.anomaly import PatchStrangeness, Strangeness, local_bias, mean_of_highest
from monai_blurvae.priors.base import Prior
from monai_blurvae.priors.complex_prior import ComplexPrior
from monai_blurvae.priors.conditional import GaussianConditional
from monai_blurvae.priors.descent import descend
from monai_blurvae.priors.fit_latent_prior import (
    LatentPriorFit,
    Posteriors,
    encode_posteriors,
    fit_latent_prior,
    prior_gain,
)
from monai_blurvae.priors.fit_pixel_scale import fit_pixel_scale
from monai_blurvae.priors.intensity import IntensityRange
from monai_blurvae.priors.slice_model import SliceSettings
from monai_blurvae.priors.solvers.alternating_map import AlternatingMAP
from monai_blurvae.priors.solvers.joint_map import JointMAP
from monai_blurvae.priors.solvers.make import SOLVERS, find_solver, make_solver
from monai_blurvae.priors.solvers.mixture import Mixture
from monai_blurvae.priors.tiled_prior import TiledPrior
from monai_blurvae.priors.tiling import PatchTiling
from monai_blurvae.priors.vae_prior import VAEPrior

__all__ = [
    "SOLVERS",
    "AlternatingMAP",
    "ComplexPrior",
    "GaussianConditional",
    "IntensityRange",
    "JointMAP",
    "LatentPriorFit",
    "Mixture",
    "PatchStrangeness",
    "PatchTiling",
    "Posteriors",
    "Prior",
    "SliceSettings",
    "Strangeness",
    "TiledPrior",
    "VAEPrior",
    "descend",
    "encode_posteriors",
    "find_solver",
    "fit_latent_prior",
    "fit_pixel_scale",
    "local_bias",
    "make_solver",
    "mean_of_highest",
    "prior_gain",
]
