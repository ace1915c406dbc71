"""MAP reconstruction by steps of the prior and of the data in turn, as deep density priors do."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.reconstruction import Progress, Reconstruction, Watch
from monai_blurvae.priors.intensity import BACKGROUND
from monai_blurvae.priors.patch_field import PatchField
from monai_blurvae.priors.solvers.patch_solver import PatchSolver, require_positive
from monai_blurvae.priors.tiled_prior import TiledPrior
from monai_blurvae.priors.vae_prior import VAEPrior


class AlternatingMAP(PatchSolver):
    """Minimise 1/2 ||E x - y||^2 / sigma^2 + U(v) + rho / 2 |x - v|^2 over x and v in turn.

    U is the patches' negative evidence lower bound, through the encoder: v takes a few descent steps from x,
    then x is data-consistent with v, by conjugate gradients (with one coil of constant sensitivity two steps
    are exact). The grid of patches is shifted at random at each iteration. The prior steps are those of the
    published scheme; rho takes the place of its hard replacement of the measured samples, which is the limit
    of a small `weight`. The encoder explains aliasing as if it were anatomy, so that with one coil the
    iteration may run away from the image: of all iterates the one with the least objective is returned.
    `JointMAP` has no such weakness.

    Args:
        prior: prior of patches.
        weight: sigma^2, variance of the real and of the imaginary part of the noise, in the network's units;
            positive. Where `noise_std` is given, it is the least that sigma^2 becomes.
        iterations: of the prior and the data each.
        prior_steps: descent steps of the prior in each.
        coupling: rho, in the network's units, positive.
        cg_iterations: steps of conjugate gradients for the data in each.
        stride: step of the grid of patches, (rows, columns); None: half a patch.
        padding: "wrap" or "reflect", what patches over the border see.
        phase_precision: precision of the part of the image that is not in phase, in the network's units.
        phase_width: standard deviation of the low-pass filter behind the phase, in samples of k-space.
        percentile: of the magnitudes with signal, that which is 1 to the network.
        chunk: patches that pass through the network at once.
        tolerance: relative change of the objective at which it has converged; 0: never.
        seed: seed of the grid's shifts.

    Raises:
        ValueError: If the weight, the coupling or a number of steps is not positive.

    References:
        Tezcan et al., MR Image Reconstruction Using Deep Density Priors, IEEE TMI 38, 2019.
        Geman, Yang, Nonlinear image recovery with half-quadratic regularization, IEEE TIP 4, 1995.
    """

    def __init__(
        self,
        prior: VAEPrior,
        weight: float = 3e-4,
        iterations: int = 30,
        prior_steps: int = 5,
        coupling: float = 30.0,
        cg_iterations: int = 10,
        stride: Sequence[int] | None = None,
        padding: str = "wrap",
        phase_precision: float = 1e4,
        phase_width: float = 8.0,
        percentile: float = 99.5,
        chunk: int = 256,
        tolerance: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(
            prior,
            weight,
            iterations,
            cg_iterations,
            stride,
            padding,
            phase_precision,
            phase_width,
            percentile,
            chunk,
            tolerance,
        )
        require_positive(coupling=coupling, prior_steps=prior_steps)
        self.prior_steps = prior_steps
        self.coupling = coupling
        self.seed = seed

    def reconstruct(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        start: Tensor | None = None,
        mask: Tensor | None = None,
        watch: Watch | None = None,
        noise_std: float | Tensor | None = None,
    ) -> Reconstruction:
        """Reconstruct images.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            start: complex images to start from, (B, 1, H, W), which intensity and phase are taken from; that
                of SENSE if None.
            mask: where the prior holds, (1, 1, H, W) of 0 and 1; None: everywhere.
            watch: called at every iteration with the batch as it stands.
            noise_std: sqrt(E|n|^2) of each coil's noise, in the units of k-space, one number or (B,), which
                sigma^2 is taken from; None: it is `weight`.

        Returns:
            The iterate with the least objective, with sigma^2, without latents. Ctrl-C ends it with the last.
        """
        field, data, x = self.begin(y, encoding, start, mask, noise_std)
        tiled = TiledPrior(self.prior, self.tiling, self.chunk, mask, min_share=0.0)
        generator = torch.Generator().manual_seed(self.seed)
        progress = Progress(self.iterations, self.tolerance, watch)
        best, least = x, math.inf
        try:
            for _ in progress:
                tiled.offset = self.tiling.random_offset(generator)
                v, energy = self._prior_step(x, tiled, field)
                x = data.minimise_with(lambda u: self.coupling * u, self.coupling * v, x, self.cg_iterations)
                distance = self.coupling * (x - v).abs().square().sum() / 2
                objective = float(data.energy(x) + energy + distance)
                if objective < least:
                    best, least = x, objective
                progress.report(objective, x / field.slope)
        except KeyboardInterrupt:
            progress.interrupt()
            best = x
        image, sigma2 = best / field.slope, data.weight.flatten()
        return Reconstruction(image, progress.objective, None, progress.stopped, sigma2)

    def _prior_step(self, x: Tensor, tiled: TiledPrior, field: PatchField) -> tuple[Tensor, Tensor]:
        # v near x: descent for the part in phase, closed form for the rest, x itself outside the mask
        turned = x * field.rotation.conj()
        a = torch.where(field.inside > 0, turned.real + BACKGROUND, BACKGROUND)
        a = tiled.prox(a, 1 / self.coupling, self.prior_steps)
        b = turned.imag * self.coupling / (self.coupling + self.phase_precision)
        inside = torch.complex(a - BACKGROUND, b) * field.rotation
        energy = tiled.energy(a).sum() + self.phase_precision / 2 * (b * field.inside).square().sum()
        return torch.where(field.inside > 0, inside, x), energy
