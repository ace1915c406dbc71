"""The problem of `JointMAP` written out with autograd and dense matrices, and a scanner for it."""

import torch

from monai_blurvae.mri import CartesianEncoding, smooth_phase, uniform_lines
from monai_blurvae.priors import PatchTiling
from monai_blurvae.priors.intensity import IntensityRange
from monai_blurvae.priors.solvers.patch_solver import first_image
from tests.mri.dense import flat, unflat
from tests.mri.kspace import complex_noise
from tests.priors.conftest import SIZE, images

AREA = (8, 12)


def scanner(acceleration=2, n=1):
    """Two coils without structure and every second line."""
    maps = complex_noise(1, 2, *AREA, seed=1)
    maps = maps / maps.abs().square().sum(dim=1, keepdim=True).sqrt()
    return CartesianEncoding(uniform_lines(AREA, acceleration, centre_lines=2), maps)


def slices(n=1):
    """Positive slices with a phase that varies slowly."""
    phase = torch.linspace(0, 1, AREA[1], dtype=torch.float64)
    return (images(n, *AREA) + 2) * torch.exp(1j * phase)


class Problem:
    """1/2 ||E x - y||^2 / sigma^2 - log p(x, z) of one slice, as a function of v = slope x and of all z."""

    def __init__(self, solver, y, encoding, start=None):
        self.prior, self.encoding, self.y = solver.prior, encoding, y
        self.weight, self.phase_precision = solver.weight, solver.settings.phase_precision
        self.start = first_image(y, encoding) if start is None else start
        self.slope = IntensityRange.from_magnitude(
            self.start.abs(), percentile=solver.settings.percentile
        ).slope
        self.turn = torch.exp(-1j * smooth_phase(self.start, solver.settings.phase_width))
        self.tiling = PatchTiling((SIZE, SIZE), (4, 4))
        self.coverage = 4  # a patch of 8 and a step of 4, along both axes

    def patches(self, v):
        return self.tiling.extract((self.turn * v).real)[0] - 1

    def __call__(self, v, z):
        misfit = self.encoding(v) - self.slope * self.y
        energies = self.prior.joint_energy(self.patches(v), z)
        out_of_phase = (self.turn * v).imag.square().sum()
        prior = energies.sum() / self.coverage + self.phase_precision * out_of_phase / 2
        return misfit.abs().square().sum() / (2 * self.weight) + prior

    def first_latents(self):
        return self.prior.network.encode(self.patches(self.slope * self.start))[0]

    def gaussian(self, z):
        """Mean (complex v) and precision (dense, real) of x given z and y."""

        def objective(values):
            return self(unflat(values, AREA), z)

        zero = flat(torch.zeros_like(self.start)).requires_grad_()
        (gradient,) = torch.autograd.grad(objective(zero), zero)
        H = torch.autograd.functional.hessian(objective, zero)[0, :, 0]
        return unflat(-torch.linalg.solve(H, gradient[0])[None], AREA), H
