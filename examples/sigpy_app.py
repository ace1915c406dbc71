"""
The prior as an App of sigpy
============================

``SolverRecon(y, mps, solver).run()`` reconstructs as sigpy's own apps do: NumPy arrays of k-space and coil
maps go in, an image comes out. Beside it stands sigpy's wavelet reconstruction of the same arrays.

A brain slice is measured with 8 coils, a fifth of the lines and noise. It needs the extra ``mri`` and,
without ``--data``, ``demo``.
"""

# %% [markdown]
# Data: the middle slice of a brain. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes; without
# it, five digital brains are made once.

# %%
import numpy as np
import torch
from scan import compare, released_prior, simulate
from shared import command_line
from sigpy.mri.app import EspiritCalib, L1WaveletRecon

from monai_blurvae.priors import JointMAP
from monai_blurvae.priors.adapters.sigpy import SolverRecon

arguments = command_line("sigpy_app", steps=12).parse_args()
loaded = released_prior()
scan = simulate(arguments.data, loaded)
y = scan.kspace[0].numpy()  # (coils, H, W)

# %% [markdown]
# Coil maps by sigpy, from the fully sampled centre. Where it sees no coil, it divides zero by zero.

# %%
with np.errstate(invalid="ignore", divide="ignore"):
    mps = np.nan_to_num(EspiritCalib(y, calib_width=16, show_pbar=False).run())

# %% [markdown]
# sigpy's own app, and the one with the prior. The weight of the wavelets is the best of a few;
# that of the prior follows from the noise level.

# %%
wavelet = L1WaveletRecon(y, mps, lamda=0.001, show_pbar=False).run()
solver = JointMAP(loaded.prior, loaded.slices, iterations=arguments.steps)
image = SolverRecon(y, mps, solver, noise_std=scan.noise_std, show_pbar=False).run()

# %% [markdown]
# The picture, with the errors below. Where the coils see nothing, maps and images are zero.

# %%
zero_filled = np.sum(mps.conj() * np.fft.fftshift(np.fft.ifft2(np.fft.ifftshift(y, (1, 2))), (1, 2)), axis=0)
images = {"zero-filled": zero_filled, "sigpy's wavelets": wavelet, "prior": image}
images = {name: torch.from_numpy(part)[None, None] for name, part in images.items()}
compare(scan.image, images, arguments.output, "sigpy: a fifth of the lines, 8 coils")
