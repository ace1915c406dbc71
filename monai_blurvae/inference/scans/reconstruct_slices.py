"""Reconstruct the slices of a scan, one after the other."""

import sys
import time
from typing import Any, NamedTuple, TextIO

import torch
from torch import Tensor
from tqdm import tqdm

from monai_blurvae.inference.scans.acquisition import Acquisition, Acquisitions
from monai_blurvae.inference.scans.scan_geometry import Placement
from monai_blurvae.inference.scans.slice_files import BrainMask
from monai_blurvae.mri import (
    CartesianEncoding,
    PosteriorSolver,
    Solver,
    acceleration,
    held_back_residual,
    ring_coverage,
)
from monai_blurvae.mri.solver import INTERRUPTED


class ReconstructedSlice(NamedTuple):
    """The images of one slice, and its record."""

    number: int
    """Number of the slice in the file."""
    image: Tensor
    """Complex, (H, W), in the units of the prepared k-space."""
    zero_filled: Tensor
    """Complex, (H, W)."""
    std: Tensor | None
    """Standard deviation of the magnitude's error, (H, W)."""
    record: dict[str, Any]
    """Numbers for the record."""


class ReconstructedVolume(NamedTuple):
    """The slices that were reconstructed."""

    slices: list[ReconstructedSlice]
    """In order."""
    interrupted: bool
    """Whether Ctrl-C ended it: the last slice may be unfinished, and later slices missing."""


class SliceReconstruction:
    """Reconstruct slices with a solver. Ctrl-C ends it and keeps the slices so far.

    Args:
        solver: the method.
        samples: number of draws from the posterior for the standard deviation, at least 2; 0: no standard
            deviation. Solvers without a posterior draw none; `Mixture` knows it without draws.
        seed: seed of the draws.
        device: where to compute.
        brain: where the prior holds; None: everywhere.
        by_noise: weight the prior by the noise level, instead of the solver's own weight.
        placement: how a prior sees the slices; None: as they are.

    Raises:
        ValueError: If the number of samples is 1 or negative.
    """

    def __init__(
        self,
        solver: Solver,
        samples: int = 16,
        seed: int = 0,
        device: str | torch.device = "cpu",
        brain: BrainMask | None = None,
        by_noise: bool = False,
        placement: Placement | None = None,
    ) -> None:
        if samples < 0 or samples == 1:
            raise ValueError(f"`samples` must be 0, or at least 2 for a standard deviation, got {samples}")
        self.solver = solver
        self.samples = samples
        self.seed = seed
        self.device = torch.device(device)
        self.brain = brain
        self.by_noise = by_noise
        self.placement = placement if placement is not None and solver.has_prior else None

    def check(self, acquisitions: Acquisitions) -> None:
        """Refuse slices that the solver cannot reconstruct, and masks that do not fit."""
        if self.brain is not None:
            self.brain.check(acquisitions)
            if self.brain.path is not None and not self.solver.has_prior:
                raise ValueError(
                    f"`brain_mask` must be left out for a method without a prior, got {self.brain.path}"
                )
        rows, columns = acquisitions.first().kspace.shape[-2:]
        least = self.solver.least_size
        if min(rows, columns) < max(least):
            raise ValueError(
                f"`kspace` must have at least the {least[0]} x {least[1]} pixels of the model's patches, got "
                f"slices of {rows} x {columns}"
            )

    def __call__(self, acquisitions: Acquisitions) -> ReconstructedVolume:
        """Reconstruct all slices, or those before an interruption (the last is then the last iterate).

        Args:
            acquisitions: the slices.

        Returns:
            The slices, in order.

        Raises:
            KeyboardInterrupt: If Ctrl-C comes before there is any image.
        """
        results: list[ReconstructedSlice] = []
        try:
            for acquisition in acquisitions:
                title = f"slice {acquisition.number} ({len(results) + 1}/{len(acquisitions)})"
                results.append(self._slice(acquisition, title))
                if results[-1].record["stopped"] == INTERRUPTED:
                    return ReconstructedVolume(results, interrupted=True)
        except KeyboardInterrupt:
            if not results:
                raise
            return ReconstructedVolume(results, interrupted=True)
        return ReconstructedVolume(results, interrupted=False)

    def _slice(self, acquisition: Acquisition, title: str) -> ReconstructedSlice:
        encoding = acquisition.encoding.to(self.device)
        kspace = acquisition.kspace.to(self.device)
        y = kspace * encoding.mask
        mask = None
        if self.brain is not None:
            size = tuple(acquisition.mask.shape[-2:])
            mask = self.brain.whole(acquisition.number, acquisition.count, size)
        seen_y, seen_mask = self._turned(y), None if mask is None else self._turned(mask.to(self.device))
        seen = CartesianEncoding(self._turned(encoding.mask), self._turned(encoding.coil_maps))
        progress = SliceProgress(title, self.solver.iterations or None)
        begun_s = time.perf_counter()
        found = self.solver.reconstruct(
            seen_y,
            seen,
            mask=seen_mask,
            noise_std=acquisition.noise_std if self.by_noise else None,
            watch=progress,
        )
        seconds = time.perf_counter() - begun_s
        progress.close(f"{'done' if found.stopped == 'iterations' else found.stopped} after {seconds:.1f} s")
        stopped, std = found.stopped, None
        if found.errors is not None and self.samples > 0:
            std = self._back(found.errors.std())[0, 0].cpu()
        elif isinstance(self.solver, PosteriorSolver) and self.samples > 0 and stopped != INTERRUPTED:
            try:
                draws = self.solver.posterior_samples(seen_y, seen, found, self.samples, seed=self.seed)
                std = self._back(draws.abs().std(dim=0)[0, 0]).cpu()
            except KeyboardInterrupt:
                stopped = INTERRUPTED
        image = self._back(found.image)
        record: dict[str, Any] = {
            "slice": acquisition.number,
            "stopped": stopped,
            "seconds": round(seconds, 3),
            "seconds_with_std": round(time.perf_counter() - begun_s, 3),
            "coils": encoding.coils,
            "acceleration": acceleration(acquisition.mask),
            "noise_std": acquisition.noise_std,
            "weight": None if found.weight is None else found.weight.item(),
            "residual_percent": held_back_residual(image, y, encoding).item(),
        }
        if found.prior_share is not None:
            record["prior_share"] = round(found.prior_share.item(), 4)
        coverage = found.coverage[0] if found.coverage else []
        if acquisition.held_back is not None:
            held = CartesianEncoding(acquisition.held_back, acquisition.coil_maps).to(self.device)
            record["held_back_residual_percent"] = held_back_residual(image, kspace, held).item()
            residual, mask = held(image) - held.mask * kspace, held.mask.bool()[0, 0]
            coverage = ring_coverage(residual[0], mask)
        if coverage:
            record["coverage"] = [ring._asdict() for ring in coverage]
        record["objective"] = list(found.objective)
        zero_filled = encoding.adjoint(y)[0, 0].cpu()
        return ReconstructedSlice(acquisition.number, image[0, 0].cpu(), zero_filled, std, record)

    def _turned(self, values: Tensor) -> Tensor:
        # to the orientation of the prior
        return values if self.placement is None else self.placement.turned(values)

    def _back(self, values: Tensor) -> Tensor:
        return values if self.placement is None else self.placement.back(values)


class SliceProgress:
    """Show a progress bar with the objective on a terminal, and whole lines in a log.

    Args:
        title: first words.
        total: number of iterations, where it is known.
        stream: where to write; None: standard error.
        every_s: least time between two lines of a log, in seconds.
    """

    def __init__(
        self, title: str, total: int | None = None, stream: TextIO | None = None, every_s: float = 10.0
    ) -> None:
        self.title = title
        self.stream = stream or sys.stderr
        self.every_s = every_s
        self._next_line_s = time.monotonic() + every_s
        on_terminal = self.stream.isatty()
        self._bar = tqdm(
            total=total, desc=title, file=self.stream, dynamic_ncols=True, disable=not on_terminal, unit="it"
        )

    def __call__(self, iteration: int, objective: float, image: Tensor) -> None:  # noqa: ARG002
        """Show an iteration and its objective."""
        self._bar.set_postfix(objective=f"{objective:.6g}", refresh=False)
        self._bar.update()
        now_s = time.monotonic()
        if self._bar.disable and now_s >= self._next_line_s:
            self._next_line_s = now_s + self.every_s
            self._line(f"iteration {iteration}, objective {objective:.6g}")

    def close(self, summary: str) -> None:
        """End the bar, and write how it ended in one line."""
        self._bar.close()
        self._line(summary)

    def _line(self, text: str) -> None:
        self.stream.write(f"{self.title}: {text}\n")
        self.stream.flush()
