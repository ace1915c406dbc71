"""Slices of k-space to images, one after the other."""

import time
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from monai_blurvae.inference.scans.acquisition import Acquisition, Acquisitions
from monai_blurvae.inference.scans.brain_mask import BrainMask
from monai_blurvae.inference.scans.oriented_solver import Solver, accepted
from monai_blurvae.inference.scans.slice_progress import SliceProgress
from monai_blurvae.mri import CartesianEncoding, acceleration, held_back_residual, zero_filled
from monai_blurvae.mri.reconstruction import Reconstruction

INTERRUPTED = "interrupted"
"""How a reconstruction stopped that somebody stopped."""

ENDINGS = {"iterations": "done"}
"""What the progress line says of how a solver ended; else the solver's own word."""


class ReconstructedSlice(NamedTuple):
    """One slice's images and what is known of them."""

    number: int
    """Which slice of the file."""
    image: Tensor
    """Complex, (H, W), in the units of the prepared k-space."""
    zero_filled: Tensor
    """Complex, (H, W)."""
    std: Tensor | None
    """Posterior standard deviation of the magnitude, (H, W)."""
    record: dict[str, Any]
    """Numbers for the record."""


class ReconstructedVolume(NamedTuple):
    """The slices that are there."""

    slices: list[ReconstructedSlice]
    """In order."""
    interrupted: bool
    """Whether somebody stopped it: the last slice may be unfinished, and others missing."""


class SliceReconstruction:
    """Reconstruct slices with a solver; somebody who interrupts it gets what is there.

    Args:
        solver: what makes images of k-space.
        samples: draws from the posterior for the standard deviation, at least 2; 0: none. Solvers without
            posterior draw none.
        seed: seed of the draws.
        device: where to compute.
        brain: where a prior holds; None: everywhere.
        by_noise: tell the solver the noise's level, where it can weigh its prior by that.

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
    ) -> None:
        if samples < 0 or samples == 1:
            raise ValueError(f"`samples` must be 0, or at least 2 for a standard deviation, got {samples}")
        self.solver = solver
        self.samples = samples if hasattr(solver, "posterior_samples") else 0
        self.seed = seed
        self.device = torch.device(device)
        self.brain = brain
        self.by_noise = by_noise

    def check(self, acquisitions: Acquisitions) -> None:
        """Refuse slices that the solver cannot reconstruct, and masks that do not fit, before it starts.

        Args:
            acquisitions: the slices.

        Raises:
            ValueError: If they are smaller than the prior's patches, or the mask is for a solver without one.
        """
        if self.brain is not None:
            self.brain.check(acquisitions)
            if self.brain.path is not None and not accepted(self.solver, "reconstruct", mask=True):
                raise ValueError(
                    "`brain_mask` must be left out for a method that has no prior to limit, got "
                    f"{self.brain.path}"
                )
        size = acquisitions.first().kspace.shape[-2:]
        patch = getattr(getattr(self.solver, "prior", None), "patch_size", (1, 1))
        if min(size) < max(patch):
            raise ValueError(
                f"`kspace` must have at least the {patch[0]} x {patch[1]} pixels of the model's patches, got "
                f"slices of {size[0]} x {size[1]}"
            )

    def __call__(self, acquisitions: Acquisitions) -> ReconstructedVolume:
        """Reconstruct all slices, or those before an interruption.

        Args:
            acquisitions: the slices.

        Returns:
            A result for each slice, in order; of the one under way when somebody interrupts it, the solver's
            last iterate.

        Raises:
            KeyboardInterrupt: If it is interrupted before there is any image.
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
        progress = SliceProgress(title, getattr(self.solver, "iterations", None))
        begun_s = time.perf_counter()
        told = self._told(acquisition)
        found = self.solver.reconstruct(
            y, encoding, watch=progress, **accepted(self.solver, "reconstruct", **told)
        )
        seconds = time.perf_counter() - begun_s
        progress.close(f"{ENDINGS.get(found.stopped, found.stopped)} after {seconds:.1f} s")
        std, found = self._std(y, encoding, found, told)
        record: dict[str, Any] = {
            "slice": acquisition.number,
            "stopped": found.stopped,
            "seconds": round(seconds, 3),
            "seconds_with_std": round(time.perf_counter() - begun_s, 3),
            "coils": encoding.coils,
            "acceleration": acceleration(acquisition.mask),
            "noise_std": acquisition.noise_std,
            "weight": None if found.weight is None else found.weight.item(),
            "residual_percent": held_back_residual(found.image, y, encoding).item(),
        }
        if acquisition.held_back is not None:
            held = CartesianEncoding(acquisition.held_back, acquisition.coil_maps).to(self.device)
            record["held_back_residual_percent"] = held_back_residual(found.image, kspace, held).item()
        return ReconstructedSlice(
            acquisition.number,
            found.image[0, 0].cpu(),
            zero_filled(y, encoding)[0, 0].cpu(),
            None if std is None else std.cpu(),
            {**record, "objective": found.objective},
        )

    def _told(self, acquisition: Acquisition) -> dict[str, Any]:
        size = tuple(acquisition.mask.shape[-2:])
        mask = None if self.brain is None else self.brain.of(acquisition.number, acquisition.count, size)
        return {
            "mask": None if mask is None else mask.to(self.device),
            "noise_std": acquisition.noise_std if self.by_noise else None,
        }

    def _std(
        self, y: Tensor, encoding: CartesianEncoding, found: Reconstruction, told: dict[str, Any]
    ) -> tuple[Tensor | None, Reconstruction]:
        if self.samples == 0 or found.stopped == INTERRUPTED:
            return None, found
        draw = cast("Any", self.solver).posterior_samples
        known = accepted(self.solver, "posterior_samples", **told)
        try:
            samples: Tensor = draw(y, encoding, found, self.samples, seed=self.seed, **known)
        except KeyboardInterrupt:
            return None, found._replace(stopped=INTERRUPTED)
        return samples.abs().std(dim=0)[0, 0], found
