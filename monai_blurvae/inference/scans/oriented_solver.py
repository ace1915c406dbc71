"""A solver whose prior knows images in one orientation, for k-space of another."""

import inspect
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from monai_blurvae.mri import CartesianEncoding
from monai_blurvae.mri.orientation import checked_orientation, in_orientation, reorient, same_plane
from monai_blurvae.mri.reconstruction import Reconstruction, Watch


class Solver(Protocol):
    """What makes images of k-space; it may draw from the posterior too, by `posterior_samples`."""

    def reconstruct(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        start: Tensor | None = None,
        watch: Watch | None = None,
    ) -> Reconstruction:
        """Reconstruct images.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            start: complex images to start from, (B, 1, H, W).
            watch: called at each iteration.

        Returns:
            The reconstruction.
        """


class Placement(NamedTuple):
    """How k-space lies in the patient, as a model is told."""

    orientation: str
    """That the model sees: its own, where turning can reach it."""
    spacing: tuple[float, ...] | None
    """In the order of that orientation, in mm; None: not known."""


def placement(orientation: str | None, spacing: Sequence[float] | None, trained: str) -> Placement:
    """Find how a model will see images, once they are turned as far as turning goes.

    Args:
        orientation: that of the k-space's rows and columns, such as "PL"; None: the model's.
        spacing: of rows, columns (and slices) in mm.
        trained: the model's orientation, such as "PLS".

    Returns:
        The model's orientation where the planes agree, else the stated one, which the model does not know.

    Example:
        >>> placement("RA", (0.5, 1.0), "PLS")
        Placement(orientation='PLS', spacing=(1.0, 0.5))
    """
    stated = trained if orientation is None else checked_orientation(orientation)
    known = None if spacing is None else tuple(float(value) for value in spacing)
    if not same_plane(stated, trained):
        return Placement(stated, known)
    return Placement(trained, None if known is None else in_orientation(known, stated, trained))


def oriented(solver: Solver, source: str | None, target: str) -> Solver:
    """Let a solver see k-space in its own orientation.

    Args:
        solver: works on images of the orientation `target`.
        source: orientation of the k-space; None: the same.
        target: that of the solver's images.

    Returns:
        A solver for k-space of the orientation `source`; the same one where nothing has to be turned, or
        turning cannot make one of the other.
    """
    if source is None or source[:2] == target[:2] or not same_plane(source, target):
        return solver
    kind = OrientedSampler if hasattr(solver, "posterior_samples") else OrientedSolver
    return kind(solver, source, target)


def accepted(solver: Solver, method: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    """Keep what a solver wants to know: those without a prior know no mask of it.

    Args:
        solver: one of k-space; a turned one wants what the one wants that it turns for.
        method: one of its methods.
        values: by the name of the argument.

    Returns:
        Those that the method takes, without None.
    """
    parameters = inspect.signature(getattr(getattr(solver, "solver", solver), method)).parameters
    return {name: value for name, value in values.items() if value is not None and name in parameters}


class OrientedSolver:
    """Turn k-space, coil maps and mask; reconstruct; turn the image back. All of it is exact.

    Args:
        solver: works on images of the orientation `target`.
        source: orientation of the k-space, such as "RA".
        target: that of the solver's images, such as "PL", of the same plane.

    Attributes:
        iterations: the solver's, where it tells.
        prior: the solver's, where it has one.
    """

    def __init__(self, solver: Any, source: str, target: str) -> None:  # noqa: ANN401
        self.solver = solver
        self.source = source
        self.target = target
        self.iterations: int | None = getattr(solver, "iterations", None)
        self.prior: Any = getattr(solver, "prior", None)

    def reconstruct(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        start: Tensor | None = None,
        watch: Watch | None = None,
        mask: Tensor | None = None,
        noise_std: float | None = None,
    ) -> Reconstruction:
        """Reconstruct images in the orientation of the k-space.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            start: complex images to start from, (B, 1, H, W).
            watch: called at each iteration, with the image turned back.
            mask: where the solver's prior holds, (1, 1, H, W); None: the solver is not told.
            noise_std: of each coil's noise; None: the solver is not told.

        Returns:
            The reconstruction.
        """

        def turned_back(iteration: int, objective: float, image: Tensor) -> None:
            if watch is not None:
                watch(iteration, objective, self._back(image))

        begin = None if start is None else self._there(start)
        found: Reconstruction = self.solver.reconstruct(
            self._there(y),
            self._encoding(encoding),
            start=begin,
            watch=turned_back,
            **self._told(mask, noise_std),
        )
        return found._replace(image=self._back(found.image))

    def _encoding(self, encoding: CartesianEncoding) -> CartesianEncoding:
        return CartesianEncoding(self._there(encoding.mask), self._there(encoding.coil_maps))

    def _told(self, mask: Tensor | None, noise_std: float | None) -> dict[str, Any]:
        told = {"mask": None if mask is None else self._there(mask), "noise_std": noise_std}
        return {name: value for name, value in told.items() if value is not None}

    def _there(self, values: Tensor) -> Tensor:
        return reorient(values, self.source, self.target)

    def _back(self, values: Tensor) -> Tensor:
        return reorient(values, self.target, self.source)


class OrientedSampler(OrientedSolver):
    """The same of a solver that draws from the posterior."""

    def posterior_samples(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        reconstruction: Reconstruction,
        n: int,
        seed: int = 0,
        mask: Tensor | None = None,
        noise_std: float | None = None,
    ) -> Tensor:
        """Draw images from the posterior, in the orientation of the k-space.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            reconstruction: what `reconstruct` gave.
            n: number of draws.
            seed: seed of the drawing.
            mask: where the solver's prior holds, (1, 1, H, W); None: the solver is not told.
            noise_std: of each coil's noise; None: the solver is not told.

        Returns:
            Complex images, (n, B, 1, H, W).
        """
        turned = reconstruction._replace(image=self._there(reconstruction.image))
        samples = self.solver.posterior_samples(
            self._there(y), self._encoding(encoding), turned, n, seed=seed, **self._told(mask, noise_std)
        )
        return self._back(samples)
