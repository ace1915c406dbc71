"""Total variation and a prior, mixed by what samples that neither saw say."""

from collections.abc import Iterator

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_in
from monai_blurvae.mri import CartesianEncoding, TotalVariation, held_back_residual, hold_back
from monai_blurvae.mri.masks import calibration_width
from monai_blurvae.mri.solver import INTERRUPTED, PosteriorSolver, Reconstruction, Watch
from monai_blurvae.priors.slice_model import SliceSettings
from monai_blurvae.priors.solvers.joint_map import JointMAP
from monai_blurvae.priors.vae_prior import VAEPrior

CENTRE = 24
"""Largest edge, in samples, of the fully sampled square about zero frequency, none of it held back."""
FACTOR = 2.0
"""Between neighbouring weights of total variation."""
TRIALS = 4
"""Weights of total variation that are tried beside the first one, at most."""
ITERATIONS = 100
"""Of total variation, at each weight."""


class Mixture(PosteriorSolver):
    """x = x_c + alpha (x_p - x_c): total variation x_c, and as much of the prior's image x_p as is of use.

    A share of the samples is held back. x_c is found from the rest, at the weight that predicts the held-back
    samples best, and x_p by `JointMAP`, started from x_c. alpha, in [0, 1], minimises
    ||E_h x - y_h||^2 over the held-back samples, in closed form. Then both images are found anew from all
    samples and mixed. Where the prior does not fit the scan, alpha is near 0 and little is lost. Each image
    has its own alpha; the weight of total variation is that of the batch.

    Held-back samples judge an image as a whole: they certify no single structure in it.

    Args:
        prior, settings, weight, iterations, tolerance: as for `JointMAP`.
        share: share of the samples outside of the centre that is held back, in (0, 1).
        seed: seed of the choice of samples.

    Raises:
        ValueError: If an argument is out of its range.

    References:
        Wolpert, Stacked generalization, Neural Networks 5, 1992.
    """

    has_prior = True

    def __init__(
        self,
        prior: VAEPrior,
        settings: SliceSettings | None = None,
        weight: float = 3e-4,
        iterations: int = 12,
        tolerance: float = 0.0,
        share: float = 0.1,
        seed: int = 0,
    ) -> None:
        check_in("(0, 1)", share=share)
        self.joint = JointMAP(prior, settings, weight, iterations, tolerance=tolerance)
        self.iterations = iterations
        self.share = share
        self.seed = seed

    @property
    @override
    def least_size(self) -> tuple[int, int]:
        return self.joint.least_size

    @override
    def reconstruct(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        *,
        start: Tensor | None = None,
        mask: Tensor | None = None,
        noise_std: float | Tensor | None = None,
        watch: Watch | None = None,
    ) -> Reconstruction:
        encoding.check_kspace(y)
        seen, held = hold_back(encoding.mask, self.share, calibration_width(encoding.mask, CENTRE), self.seed)
        rest, unseen = (CartesianEncoding(part, encoding.coil_maps) for part in (seen, held))
        classical = self._classical(y, rest, unseen, start)
        trial = self.joint.reconstruct(y * seen, rest, start=classical.image, mask=mask, noise_std=noise_std)
        if INTERRUPTED in {classical.stopped, trial.stopped}:
            return classical._replace(stopped=INTERRUPTED)
        alpha = mixing_share(classical.image, trial.image, y, unseen)
        assert classical.weight is not None
        solver = TotalVariation(float(classical.weight[0]), ITERATIONS)
        x_c = solver.reconstruct(y, encoding, start=classical.image).image
        found = self.joint.reconstruct(y, encoding, start=x_c, mask=mask, noise_std=noise_std, watch=watch)
        image = x_c + alpha * (found.image - x_c)
        return found._replace(image=image, prior_share=alpha.flatten())

    @override
    def posterior_samples(
        self, y: Tensor, encoding: CartesianEncoding, reconstruction: Reconstruction, n: int, seed: int = 0
    ) -> Tensor:
        # the prior's draws, about the mixture
        draws = self.joint.posterior_samples(y, encoding, reconstruction, n, seed)
        return draws - draws.mean(dim=0) + reconstruction.image

    def _classical(
        self, y: Tensor, rest: CartesianEncoding, unseen: CartesianEncoding, start: Tensor | None
    ) -> Reconstruction:
        # total variation at the weight of the least residual, of neighbours in a geometric row
        def at(weight: float, start: Tensor | None) -> tuple[float, Reconstruction]:
            found = TotalVariation(weight, ITERATIONS).reconstruct(y * rest.mask, rest, start=start)
            return float(held_back_residual(found.image, y, unseen).mean()), found

        weight = TotalVariation().weight
        residual, best = at(weight, start)
        for factor in (FACTOR, 1 / FACTOR):
            improved = False
            for tried in self._row(weight, factor):
                new, found = at(tried, best.image)
                if new >= residual:
                    break
                residual, best, improved = new, found, True
            if improved:
                break
        return best

    @staticmethod
    def _row(weight: float, factor: float) -> Iterator[float]:
        return (weight * factor**step for step in range(1, TRIALS + 1))


def mixing_share(x_c: Tensor, x_p: Tensor, y: Tensor, unseen: CartesianEncoding) -> Tensor:
    """Find alpha in [0, 1] for which x_c + alpha (x_p - x_c) predicts samples best, (B, 1, 1, 1).

    Args:
        x_c: images, complex (B, 1, H, W).
        x_p: other images, of the same shape.
        y: k-space, complex (B, coils, H, W).
        unseen: E with the mask of the samples.

    Returns:
        alpha of each image; 0 where both images predict the same.
    """
    direction = unseen(x_p - x_c)
    missing = unseen.mask * y - unseen(x_c)
    along = (direction.conj() * missing).real.sum(dim=(1, 2, 3), keepdim=True)
    length = direction.abs().square().sum(dim=(1, 2, 3), keepdim=True)
    return torch.where(length > 0, along / length, 0).clamp(0, 1)
