"""
The prior as a proximable functional of mrpro
=============================================

mrpro composes operators and functionals: ``0.5 * L2NormSquared(target=y) @ E`` is a data term, and its
``pgd`` minimises it plus any functional with a proximal operator. ``MrproPrior`` makes one of the prior, a
learned one of patches.

A brain slice is measured with 8 coils, a fifth of the lines and noise. It needs the extras ``mri``,
``mrpro`` and, without ``--data``, ``demo``.
"""

# %% [markdown]
# Data: the middle slice of a brain. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes; without
# it, five digital brains are made once.

# %%
import sys

from scan import compare, released_prior, simulate
from shared import command_line

from monai_blurvae.extras import from_extra
from monai_blurvae.mri import CartesianEncoding, CGSense, ZeroFilled, smooth_phase
from monai_blurvae.priors import ComplexPrior, IntensityRange, TiledPrior

arguments = command_line("mrpro_functional", steps=15).parse_args()
try:
    mrpro = from_extra("mrpro", "mrpro")
except ImportError as error:
    print(f"Skipped: {error}")
    sys.exit()
from mrpro.algorithms.optimizers import pgd
from mrpro.operators import FastFourierOp, SensitivityOp
from mrpro.operators.functionals import L2NormSquared

from monai_blurvae.priors.adapters.mrpro import MrproPrior

loaded = released_prior()
scan = simulate(arguments.data, loaded)

# %% [markdown]
# The data term. mrpro's images and k-space have the axes (other, coils, z, y, x).

# %%
y, maps = scan.kspace[:, :, None], scan.coil_maps[:, :, None]
E = FastFourierOp(dim=(-2, -1)) @ SensitivityOp(maps)
data = 0.5 * L2NormSquared(target=y, weight=scan.mask.float()) @ E

# %% [markdown]
# The prior of patches becomes one of whole slices, and one of complex images. Intensity range and phase are
# those of a first image. In nats, its weight is the variance of the noise in the real part.

# %%
start = CGSense().reconstruct(scan.kspace, CartesianEncoding(scan.mask, scan.coil_maps)).image
patches = TiledPrior(loaded.prior, loaded.slices.tiling(loaded.prior.patch_size), chunk=256)
prior = ComplexPrior(
    patches,
    IntensityRange.from_magnitude(start.abs()),
    mode="real_imaginary",
    phase=smooth_phase(start),
    phase_weight=1e3,
)
weight = 4 * scan.noise_std**2 / 2

# %% [markdown]
# The line: proximal gradient steps, as many as ``--steps`` says.

# %%
(found,) = pgd(data, weight * MrproPrior(prior), start[:, :, None], 1.0, arguments.steps)

# %% [markdown]
# The picture, with the errors below. The energy goes through the encoder, which explains some aliasing as
# anatomy. ``JointMAP`` goes only through the decoder and gives better images: the adapters for deepinv and
# sigpy.

# %%
zero_filled = ZeroFilled().reconstruct(scan.kspace, CartesianEncoding(scan.mask, scan.coil_maps)).image
images = {"zero-filled": zero_filled, "SENSE": start, "prior": found[:, :, 0].detach()}
compare(scan.image, images, arguments.output, "mrpro: a fifth of the lines, 8 coils")
