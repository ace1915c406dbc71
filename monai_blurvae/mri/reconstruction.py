"""What a solver returns, and how it ends: after its iterations, when it has converged, or by Ctrl-C."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor

Watch = Callable[[int, float, Tensor], None]
"""Called with the iteration (from 0), the objective and the image, complex (B, 1, H, W)."""

PATIENCE = 3
"""Iterations in a row that must hardly change the objective before a solver has converged."""


class Reconstruction(NamedTuple):
    """The last iterate of a solver."""

    image: Tensor
    """Complex (B, 1, H, W), in the units of k-space."""
    objective: list[float]
    """Its value at each iteration, summed over the batch."""
    latents: Tensor | None
    """z of every patch, (B, n, L), where the solver has them."""
    stopped: str
    """"iterations", "converged" or "interrupted"."""
    weight: Tensor | None = None
    """How much the prior or the penalty weighed in each image, (B,), where there is one."""


class Progress:
    """Count iterations, keep the objective, and say when to end.

    Iterating over it gives the iteration's number; `report` is called once in each. Ctrl-C inside the loop's
    body must be caught by the solver, which then calls `interrupt`.

    Args:
        iterations: the most to take, positive.
        tolerance: relative change of the objective, `PATIENCE` times in a row, at which it has converged; 0:
            never.
        watch: what sees every iterate.

    Attributes:
        objective: the values reported.
        stopped: why it ended.

    Raises:
        ValueError: If `iterations` is not positive or `tolerance` negative.

    Example:
        >>> progress = Progress(iterations=10, tolerance=0.01)
        >>> for _ in progress:
        ...     progress.report(1.0, None)
        >>> progress.stopped, len(progress.objective)
        ('converged', 4)
    """

    def __init__(self, iterations: int, tolerance: float = 0.0, watch: Watch | None = None) -> None:
        if iterations < 1:
            raise ValueError(f"`iterations` must be positive, got {iterations}")
        if not tolerance >= 0:
            raise ValueError(f"`tolerance` must not be negative, got {tolerance}")
        self.iterations = iterations
        self.tolerance = tolerance
        self.watch = watch
        self.objective: list[float] = []
        self.stopped = "iterations"

    def __iter__(self) -> Iterator[int]:
        """Give the numbers of the iterations, until the last or convergence.

        Yields:
            The iteration, from 0.
        """
        for iteration in range(self.iterations):
            yield iteration
            if self._has_converged():
                self.stopped = "converged"
                return

    def report(self, objective: float, image: Tensor | None) -> None:
        """Take an iteration's result.

        Args:
            objective: its value.
            image: complex (B, 1, H, W); None where nobody watches.
        """
        self.objective.append(objective)
        if self.watch is not None and image is not None:
            self.watch(len(self.objective) - 1, objective, image)

    def interrupt(self) -> None:
        """Note that the user has ended it."""
        self.stopped = "interrupted"

    def _has_converged(self) -> bool:
        last = self.objective[-PATIENCE - 1 :]
        if not self.tolerance or len(last) <= PATIENCE:
            return False
        return all(abs(new - old) <= self.tolerance * abs(new) for old, new in pairwise(last))
