"""
The prior as a Reconstructor of deepinv
=======================================

A solver with the released prior becomes a ``Reconstructor`` of deepinv: one line from measurement and physics
to the image. Mask, coil maps and noise level are taken from the physics.

A brain slice is measured by deepinv's ``MultiCoilMRI`` with 8 coils, a fifth of the lines and noise. It needs
the extras ``mri``, ``deepinv`` and, without ``--data``, ``demo``.
"""

# %% [markdown]
# Data: the middle slice of a brain. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes; without
# it, five digital brains are made once.

# %%
import torch
from deepinv.physics import GaussianNoise, MultiCoilMRI
from scan import compare, released_prior, simulate
from shared import command_line

from monai_blurvae.mri import TotalVariation
from monai_blurvae.priors import JointMAP
from monai_blurvae.priors.adapters.deepinv import DeepinvReconstructor

arguments = command_line("deepinv_reconstructor", steps=12).parse_args()
loaded = released_prior()
scan = simulate(arguments.data, loaded)

# %% [markdown]
# The physics of deepinv. Images have two channels, real and imaginary part; the standard deviation of the
# noise is that of each of them.

# %%
x = torch.view_as_real(scan.image[:, 0]).movedim(-1, 1)  # (B, 2, H, W)
noise = GaussianNoise(scan.noise_std / 2**0.5, rng=torch.Generator().manual_seed(0))
physics = MultiCoilMRI(mask=scan.mask.float(), coil_maps=scan.coil_maps, noise_model=noise)
y = physics(x)

# %% [markdown]
# The line. Any solver fits: ``JointMAP``, ``Mixture`` (the default of ``blurvae reconstruct``), or one
# without a prior.

# %%
solver = JointMAP(loaded.prior, loaded.slices, iterations=arguments.steps)
image = DeepinvReconstructor(solver)(y, physics)
total_variation = DeepinvReconstructor(TotalVariation())(y, physics)

# %% [markdown]
# Of a real scan, nobody knows the coil maps. ``calibration_width`` estimates them by ESPIRiT from the fully
# sampled centre, and the physics needs none.

# %%
blind = MultiCoilMRI(mask=scan.mask.float(), img_size=scan.mask.shape, noise_model=noise)
estimated = DeepinvReconstructor(solver, calibration_width=16)(y, blind)

# %% [markdown]
# The picture, with the errors below.

# %%
images = {
    "adjoint": physics.A_adjoint(y),
    "total variation": total_variation,
    "prior": image,
    "prior, maps estimated": estimated,
}
images = {name: torch.complex(part[:, :1], part[:, 1:]) for name, part in images.items()}
compare(scan.image, images, arguments.output, "deepinv: a fifth of the lines, 8 coils")
