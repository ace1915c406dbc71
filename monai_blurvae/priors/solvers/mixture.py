"""Total variation, wavelets and a prior, mixed by what samples that none of them saw say."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import torch
from jaxtyping import Float
from monai.networks.layers import GaussianFilter
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_in
from monai_blurvae.mri import (
    CartesianEncoding,
    L1Wavelet,
    Solver,
    TotalVariation,
    error_model,
    hold_back,
    ring_coverage,
)
from monai_blurvae.mri.early_stopping import (
    FACTOR,
    ITERATIONS,
    UNPREDICTABLE,
    best_total_variation,
    stopped_early,
)
from monai_blurvae.mri.masks import calibration_width
from monai_blurvae.mri.solver import INTERRUPTED, PosteriorSolver, Reconstruction, Watch
from monai_blurvae.priors.slice_model import SliceSettings
from monai_blurvae.priors.solvers.joint_map import JointMAP
from monai_blurvae.priors.vae_prior import VAEPrior

CENTRE = 24
"""Largest edge, in samples, of the fully sampled square about zero frequency, none of it held back."""
PLACE_SIGMA = 1.0
"""Width in pixels of the Gaussian that smooths where errors are likely."""


class Mixture(PosteriorSolver):
    """x = sum of a_i x_i: total variation, wavelets and the prior, each as far as it is of use.

    A share of the samples is held back. Total variation and wavelets reconstruct from the rest, at the
    weight and up to the iteration that predict the held-back samples best: coil maps and samples have errors,
    which an image follows if it iterates for long. `JointMAP` starts from the wavelets' image. The shares a,
    not negative and with the sum 1, minimise ||sum of a_i E_h x_i - y_h||^2 over the held-back samples, in
    closed form. Then all images are found anew from all samples, and mixed. Where the prior does not fit the
    scan, its share is near 0 and little is lost. If total variation does not predict the samples at all, as
    often with one coil, all methods take all iterations, and equal shares. Each image has its own shares;
    weights and iterations are those of the batch.

    The held-back samples also give the size of the errors, ring by ring. They are larger where the prior and
    the other methods differ, and where the image has edges (`error_places`).

    Held-back samples judge an image as a whole: they certify no single structure in it. Needs the extra
    `mri`.

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
        first = best_total_variation(y, rest, unseen, start)
        second = stopped_early(L1Wavelet(FACTOR * first.weight, ITERATIONS), y, rest, unseen, start)
        if first.interrupted or second.interrupted:
            return Reconstruction(second.image, INTERRUPTED)
        trials = [first.image, second.image]
        classical: list[Solver] = [
            TotalVariation(first.weight, first.iterations),
            L1Wavelet(second.weight, second.iterations),
        ]
        images = [solver.reconstruct(y, encoding, start=start).image for solver in classical]
        of_the_prior = self.joint.reconstruct(y, rest, start=trials[-1], mask=mask, noise_std=noise_std)
        if of_the_prior.stopped == INTERRUPTED:
            return Reconstruction(images[-1], INTERRUPTED)
        trials.append(of_the_prior.image)
        found = self.joint.reconstruct(
            y, encoding, start=images[-1], mask=mask, noise_std=noise_std, watch=watch
        )
        images.append(found.image)
        shares = mixing_shares(trials, y, unseen)
        if first.residual >= UNPREDICTABLE:
            shares = torch.full_like(shares, 1 / len(images))
        image, trial_image = (mixed(shares, parts) for parts in (images, trials))
        residual = encoding(trial_image) - y * encoding.mask
        without = torch.stack(images[:-1]).mean(dim=0)
        errors = error_model(residual, rest, unseen, error_places(without, found.image, image))
        masks = held.expand(len(y), -1, -1, -1)[:, 0]
        coverage = [ring_coverage(one, mask) for one, mask in zip(residual, masks, strict=True)]
        return found._replace(image=image, prior_share=shares[:, -1], errors=errors, coverage=coverage)

    @override
    def posterior_samples(
        self, y: Tensor, encoding: CartesianEncoding, reconstruction: Reconstruction, n: int, seed: int = 0
    ) -> Tensor:
        if reconstruction.errors is None:
            raise ValueError("`reconstruction` must be a result of Mixture, got one without errors")
        return reconstruction.image + reconstruction.errors.draw(n, seed)


def mixing_shares(
    images: Sequence[Tensor], y: Tensor, unseen: CartesianEncoding
) -> Float[Tensor, "B methods"]:
    """Find the shares of images whose sum predicts samples best; none is negative and they add up to 1.

    Without the sign, the solution is G^-1 1 up to a factor, G the Gram matrix of the images' errors at the
    samples. With it, the best of all solutions for some of the images that have no negative share.

    Args:
        images: complex (B, 1, H, W) each.
        y: k-space, complex (B, coils, H, W).
        unseen: E with the mask of the samples.

    Returns:
        The shares of each image.
    """
    errors = torch.stack([(unseen(image) - unseen.mask * y).flatten(1) for image in images], dim=1)
    gram = (errors @ errors.mH).real.double()
    scale = gram.diagonal(dim1=1, dim2=2).mean(dim=1)[:, None, None].clamp_min(1e-30)
    gram = gram / scale + 1e-9 * torch.eye(len(images), dtype=gram.dtype, device=gram.device)
    best = gram.new_full((len(gram),), torch.inf)
    shares = torch.zeros_like(gram[:, 0])
    for count in range(1, len(images) + 1):
        for some in map(list, combinations(range(len(images)), count)):
            part = torch.linalg.solve(gram[:, some][:, :, some], gram.new_ones(len(gram), count))
            part = part / part.sum(dim=1, keepdim=True)
            trial = torch.zeros_like(shares)
            trial[:, some] = part
            error = torch.einsum("bi,bij,bj->b", trial, gram, trial)
            better = (part >= 0).all(dim=1) & (error < best)
            best = torch.where(better, error, best)
            shares = torch.where(better[:, None], trial, shares)
    return shares.to(y.real.dtype)


def mixed(shares: Float[Tensor, "B methods"], images: Sequence[Tensor]) -> Tensor:
    """Add images up by their shares, complex (B, 1, H, W)."""
    return torch.einsum("bm,mbchw->bchw", shares.to(images[0].dtype), torch.stack(list(images)))


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
