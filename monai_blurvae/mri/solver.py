"""The interface of reconstruction methods, and the progress of iterative ones."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from numbers import Real
from typing import NamedTuple

import torch
from torch import Tensor

from monai_blurvae.checks import check_at_least, check_integer
from monai_blurvae.mri.encoding import CartesianEncoding, check_tensor
from monai_blurvae.mri.error_bars import ErrorModel, RingCoverage

Watch = Callable[[int, float, Tensor], None]
"""Called with the iteration (from 0), the objective and the image, complex (B, 1, H, W)."""

INTERRUPTED = "interrupted"
"""The word for a reconstruction that Ctrl-C ended."""

PATIENCE = 3
"""Number of iterations in a row that must hardly change the objective before a solver has converged."""


class Reconstruction(NamedTuple):
    """The result of a solver."""

    image: Tensor
    """Complex (B, 1, H, W), in the units of k-space."""
    stopped: str = "iterations"
    """Why the solver ended: "iterations", "converged" or "interrupted"."""
    objective: Sequence[float] = ()
    """The objective at each iteration, summed over the batch; empty where the solver does not compute it."""
    weight: Tensor | None = None
    """Weight of the prior or of the penalty in each image, (B,), where there is one."""
    latents: Tensor | None = None
    """z of all patches, (B, n, L), where the solver finds them."""
    start: Tensor | None = None
    """The image from which the solver took phase and intensity range, complex (B, 1, H, W)."""
    mask: Tensor | None = None
    """The mask that the solver was given, where its prior holds, (B or 1, 1, H, W)."""
    prior_share: Tensor | None = None
    """Share of the prior's image in a mixture with another, (B,)."""
    errors: ErrorModel | None = None
    """What held-back samples say of the image's errors."""
    coverage: Sequence[list[RingCoverage]] = ()
    """How often intervals held for samples that the method itself held back, of each image."""


class Solver(ABC):
    """A method that reconstructs images from k-space. Its settings are arguments of its constructor."""

    has_prior: bool = False
    """Whether a trained prior is part of the method."""
    iterations: int = 0
    """The largest number of iterations."""

    @property
    def least_size(self) -> tuple[int, int]:
        """The smallest (H, W) that the method reconstructs."""
        return (1, 1)

    @abstractmethod
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
        """Reconstruct images.

        Methods with a prior use all arguments. Methods without one ignore `noise_std` (their `weight` decides
        how much they smooth) and refuse a `mask`. Methods that do not iterate ignore `start`; those that do
        not compute their objective ignore `watch`.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            start: complex images to start from, (B, 1, H, W); with a prior, phase and intensity range are
                taken from them. None: the method's own start.
            mask: where the prior holds, (B or 1, 1, H, W) of 0 and 1; None: everywhere.
            noise_std: sqrt(E|n|^2) of each coil's noise, in the units of k-space, one number or (B,). The
                prior is weighted accordingly. None: it has the weight of the constructor.
            watch: called after each iteration.

        Returns:
            The reconstruction. Iterative methods end at Ctrl-C and return their last iterate.

        Raises:
            ValueError: If an argument does not fit the encoding or the method.
        """


class PosteriorSolver(Solver):
    """A solver that also draws from the posterior distribution of the image."""

    @abstractmethod
    def posterior_samples(
        self, y: Tensor, encoding: CartesianEncoding, reconstruction: Reconstruction, n: int, seed: int = 0
    ) -> Tensor:
        """Draw images around a reconstruction. Phase, intensity range, mask and weight are those it used.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            reconstruction: result of `reconstruct` for them.
            n: number of draws, positive.
            seed: seed of the draws.

        Returns:
            Complex images, (n, B, 1, H, W), in the units of k-space.

        Raises:
            ValueError: If `n` is not positive, or k-space, encoding and reconstruction do not fit together.
        """


class Progress:
    """Count iterations, keep the objective, and say when to end.

    Iterating over it gives the iteration's number. In each iteration the solver calls `report` once. It
    catches Ctrl-C around the loop and then calls `interrupt`.

    Args:
        iterations: the largest number of iterations, positive.
        tolerance: the solver has converged when the objective changes by less than this share, `PATIENCE`
            times in a row; 0: never.
        watch: called with every iterate.

    Attributes:
        objective: the values reported.
        stopped: why it ended.

    Raises:
        ValueError: If `iterations` is not positive or `tolerance` negative.
    """

    def __init__(self, iterations: int, tolerance: float = 0.0, watch: Watch | None = None) -> None:
        check_integer(1, iterations=iterations)
        check_at_least(0, tolerance=tolerance)
        self.iterations = iterations
        self.tolerance = tolerance
        self.watch = watch
        self.objective: list[float] = []
        self.stopped = "iterations"

    def __iter__(self) -> Iterator[int]:
        """Give the numbers of the iterations from 0, until the last or convergence."""
        for iteration in range(self.iterations):
            yield iteration
            if self._has_converged():
                self.stopped = "converged"
                return

    def report(self, objective: float, image: Tensor | None) -> None:
        """Take the objective of an iteration, and its image, complex (B, 1, H, W), for `watch`."""
        self.objective.append(objective)
        if self.watch is not None and image is not None:
            self.watch(len(self.objective) - 1, objective, image)

    def interrupt(self) -> None:
        """Note that the user ended it."""
        self.stopped = INTERRUPTED

    def _has_converged(self) -> bool:
        last = self.objective[-PATIENCE - 1 :]
        if not self.tolerance or len(last) <= PATIENCE:
            return False
        return all(abs(new - old) <= self.tolerance * abs(new) for old, new in pairwise(last))


def checked_start(start: Tensor, y: Tensor, encoding: CartesianEncoding) -> Tensor:
    """Refuse a start that is not complex (B, 1, H, W), finite and not zero; return it."""
    check_tensor(start=start)
    expected = (len(y), 1, *encoding.image_size)
    if not start.is_complex() or tuple(start.shape) != expected:
        raise ValueError(
            f"`start` must be complex, of shape {expected}, got {start.dtype} of {tuple(start.shape)}"
        )
    if not bool(start.isfinite().all()) or not bool(start.flatten(1).any(dim=1).all()):
        raise ValueError("`start` must be finite and not zero, got NaN, infinity or an image of zeros")
    return start


def checked_noise_std(std: float | Tensor, like: Tensor) -> Tensor:
    """Refuse noise that is negative, not finite or no number per image; give it (B or 1, 1, 1, 1)."""
    stds = (
        torch.as_tensor(std if isinstance(std, Tensor | Real) else torch.nan)
        .to(like.real)
        .reshape(-1, 1, 1, 1)
    )
    if not bool(((stds >= 0) & stds.isfinite()).all()) or len(stds) not in {1, len(like)}:
        raise ValueError(
            f"`noise_std` must be finite, not negative, one number or one per image, got {std!r}"
        )
    return stds
