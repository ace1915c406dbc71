"""Total variation and a prior, mixed by what samples that neither saw say."""

from typing import Any, NamedTuple

import torch
from monai.networks.layers import GaussianFilter
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_in
from monai_blurvae.mri import (
    CartesianEncoding,
    TotalVariation,
    error_model,
    held_back_residual,
    hold_back,
    ring_coverage,
)
from monai_blurvae.mri.masks import calibration_width
from monai_blurvae.mri.solver import INTERRUPTED, PosteriorSolver, Reconstruction, Watch
from monai_blurvae.priors.slice_model import SliceSettings
from monai_blurvae.priors.solvers.joint_map import JointMAP
from monai_blurvae.priors.solvers.patch_solver import START_ITERATIONS
from monai_blurvae.priors.vae_prior import VAEPrior

CENTRE = 24
"""Largest edge, in samples, of the fully sampled square about zero frequency, none of it held back."""
FACTOR = 2.0
"""Between neighbouring weights of total variation."""
TRIALS = 4
"""Weights of total variation that are tried beside the first one, at most."""
PLACE_SIGMA = 1.0
"""Width in pixels of the Gaussian that smooths where errors are likely."""


class Trial(NamedTuple):
    """Total variation without the samples that are held back."""

    weight: float
    residual: float
    """Of the samples that were held back, in percent."""
    found: Reconstruction


class Mixture(PosteriorSolver):
    """x = x_c + alpha (x_p - x_c): total variation x_c, and as much of the prior's image x_p as is of use.

    A share of the samples is held back. x_c is found from the rest, at the weight that predicts the held-back
    samples best, and x_p by `JointMAP`, started from x_c. alpha, in [0, 1], minimises
    ||E_h x - y_h||^2 over the held-back samples, in closed form. Then both images are found anew from all
    samples and mixed. Where the prior does not fit the scan, alpha is near 0 and little is lost. Each image
    has its own alpha; the weight of total variation is that of the batch.

    The held-back samples also give the size of the errors, ring by ring. They are larger where both images
    differ and where the image has edges (`error_places`).

    Held-back samples judge an image as a whole: they certify no single structure in it.

    Args:
        prior, settings: as for `JointMAP`.
        share: share of the samples outside of the centre that is held back, in (0, 1).
        seed: seed of the choice of samples.
        **joint: further arguments of `JointMAP`.

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
        share: float = 0.1,
        seed: int = 0,
        **joint: Any,  # noqa: ANN401
    ) -> None:
        check_in("(0, 1)", share=share)
        self.joint = JointMAP(prior, settings, **joint)
        self.iterations = self.joint.iterations
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
        weight, _, classical = best_total_variation(y, rest, unseen, start)
        trial = self.joint.reconstruct(y, rest, start=classical.image, mask=mask, noise_std=noise_std)
        if INTERRUPTED in {classical.stopped, trial.stopped}:
            return classical._replace(stopped=INTERRUPTED)
        alpha = mixing_share(classical.image, trial.image, y, unseen)
        solver = TotalVariation(weight, START_ITERATIONS)
        x_c = solver.reconstruct(y, encoding, start=classical.image).image
        found = self.joint.reconstruct(y, encoding, start=x_c, mask=mask, noise_std=noise_std, watch=watch)
        image = x_c + alpha * (found.image - x_c)
        residual = encoding(classical.image + alpha * (trial.image - classical.image)) - y * encoding.mask
        errors = error_model(residual, rest, unseen, error_places(x_c, found.image, image))
        masks = held.expand(len(y), -1, -1, -1)[:, 0]
        coverage = [ring_coverage(one, mask) for one, mask in zip(residual, masks, strict=True)]
        return found._replace(image=image, prior_share=alpha.flatten(), errors=errors, coverage=coverage)

    @override
    def posterior_samples(
        self, y: Tensor, encoding: CartesianEncoding, reconstruction: Reconstruction, n: int, seed: int = 0
    ) -> Tensor:
        if reconstruction.errors is None:
            raise ValueError("`reconstruction` must be a result of Mixture, got one without errors")
        return reconstruction.image + reconstruction.errors.draw(n, seed)


def best_total_variation(
    y: Tensor, rest: CartesianEncoding, unseen: CartesianEncoding, start: Tensor | None
) -> Trial:
    """Reconstruct from a part of the samples at the weight that predicts the others best.

    From the default weight it goes up by `FACTOR` as long as the residual falls, or else down.

    Args:
        y: k-space, complex (B, coils, H, W).
        rest: E with the mask of the samples that are seen.
        unseen: E with the mask of the others.
        start: images to start from, complex (B, 1, H, W); None: zero-filled ones.

    Returns:
        The reconstruction, with its weight and residual.
    """

    def at(weight: float, start: Tensor | None) -> Trial:
        found = TotalVariation(weight, START_ITERATIONS).reconstruct(y, rest, start=start)
        return Trial(weight, float(held_back_residual(found.image, y, unseen).mean()), found)

    first = best = at(TotalVariation().weight, start)
    for factor in (FACTOR, 1 / FACTOR):
        for _ in range(TRIALS):
            trial = at(best.weight * factor, best.found.image)
            if trial.residual >= best.residual:
                break
            best = trial
        if best is not first:  # the other side is worse
            break
    return best


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


def error_places(x_c: Tensor, x_p: Tensor, x: Tensor) -> Tensor:
    """Say where an image is likely to be off: sqrt(sqrt(|x_p - x_c| |grad x|)), smoothed.

    That is the geometric mean of two signs of errors, of which neither is as good by itself: that two methods
    disagree, and edges. A tenth of its mean is added, since where both see nothing there can be an error.

    Args:
        x_c: images, complex (B, 1, H, W).
        x_p: images by another method, of the same shape.
        x: images by both, of the same shape.

    Returns:
        Standard deviations up to a factor, (B, 1, H, W).
    """
    magnitude = x.abs()
    slopes = [(magnitude.roll(1, axis) - magnitude.roll(-1, axis)).square() for axis in (-2, -1)]
    variance = ((x_p - x_c).abs() * (slopes[0] + slopes[1]).sqrt()).sqrt()
    smooth: Tensor = GaussianFilter(2, PLACE_SIGMA).to(variance)(variance)
    return (smooth + 0.1 * smooth.mean(dim=(-2, -1), keepdim=True)).sqrt()
