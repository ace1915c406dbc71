"""MAP reconstruction by steps of the prior and of the data in turn, as deep density priors do."""

import math

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_integer, check_positive
from monai_blurvae.data.intensity import BACKGROUND
from monai_blurvae.mri.solver import Progress
from monai_blurvae.priors.slice_model import SliceModel, SliceSettings
from monai_blurvae.priors.solvers.patch_solver import DataTerm, PatchSolver
from monai_blurvae.priors.tiled_prior import TiledPrior
from monai_blurvae.priors.vae_prior import VAEPrior

CG_ITERATIONS = 10
"""Steps of conjugate gradients for the data; with one coil of constant sensitivity two are exact."""

SEED = 0
"""Seed of the shifts of the grid."""


class AlternatingMAP(PatchSolver):
    """Minimise 1/2 ||E x - y||^2 / sigma^2 + U(v) + rho / 2 |x - v|^2 over x and v in turn.

    U is the patches' negative evidence lower bound, through the encoder. v takes a few descent steps from x;
    then x is made consistent with the data and v, by conjugate gradients. Each iteration shifts the grid of
    patches at random. The prior steps are those of the published scheme; its replacement of the measured
    samples is the limit of a small `weight`. The encoder explains aliasing as if it were anatomy, so with one
    coil the iteration may run away from the image: the iterate with the least objective is returned (after
    Ctrl-C, the last). `JointMAP` has no such weakness.

    Args:
        prior, settings, weight, tolerance: as for `PatchSolver`.
        iterations: the largest number of iterations; each has steps of the prior and of the data.
        prior_steps: descent steps of the prior in each iteration, positive.
        coupling: rho, in the network's units, positive.

    Raises:
        ValueError: If the weight, the coupling or a number of steps is not positive.

    References:
        Tezcan et al., MR Image Reconstruction Using Deep Density Priors, IEEE TMI 38, 2019.
        Geman, Yang, Nonlinear image recovery with half-quadratic regularization, IEEE TIP 4, 1995.
    """

    def __init__(
        self,
        prior: VAEPrior,
        settings: SliceSettings | None = None,
        weight: float = 3e-4,
        iterations: int = 30,
        prior_steps: int = 5,
        coupling: float = 30.0,
        tolerance: float = 0.0,
    ) -> None:
        super().__init__(prior, settings, weight, iterations, tolerance)
        check_positive(coupling=coupling)
        check_integer(1, prior_steps=prior_steps)
        self.prior_steps = prior_steps
        self.coupling = coupling

    @override
    def _solve(
        self, model: SliceModel, data: DataTerm, v: Tensor, progress: Progress
    ) -> tuple[Tensor, Tensor | None]:
        tiled = TiledPrior(self.prior, self.tiling, self.settings.chunk, model.inside, min_share=0.0)
        generator = torch.Generator().manual_seed(SEED)
        x, best, least = v, v, math.inf
        try:
            for _ in progress:
                tiled.offset = self.tiling.random_offset(generator)
                v, energy = self._prior_step(x, tiled, model)
                x = data.minimise_with(lambda u: self.coupling * u, self.coupling * v, x, CG_ITERATIONS)
                distance = self.coupling * (x - v).abs().square().sum() / 2
                objective = float(data.energy(x) + energy + distance)
                if objective < least:
                    best, least = x, objective
                progress.report(objective, x / model.slope)
        except KeyboardInterrupt:
            progress.interrupt()
            best = x
        return best, None

    def _prior_step(self, x: Tensor, tiled: TiledPrior, model: SliceModel) -> tuple[Tensor, Tensor]:
        # v near x: descent for the part in phase, closed form for the rest, x itself outside the mask
        precision = self.settings.phase_precision
        turned = x * model.rotation.conj()
        a = torch.where(model.inside > 0, turned.real + BACKGROUND, BACKGROUND)
        a = tiled.prox(a, 1 / self.coupling, self.prior_steps)
        b = turned.imag * self.coupling / (self.coupling + precision)
        inside = torch.complex(a - BACKGROUND, b) * model.rotation
        energy = tiled.energy(a).sum() + precision / 2 * (b * model.inside).square().sum()
        return torch.where(model.inside > 0, inside, x), energy
