"""BART's `pics` as a solver, by its program and its files."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.mri import CartesianEncoding, Reconstruction
from monai_blurvae.mri.classical import ClassicalSolver, signal_scale
from monai_blurvae.mri.solver import Watch
from monai_blurvae.mri.stored_slices import bart_slices

WAVELET, TOTAL_VARIATION = "W:3:0", "T:3:0"
"""Penalties of a slice as `pics -R` spells them, without the weight."""


class Bart(ClassicalSolver):
    """BART's `pics`: 1/2 ||E x - y||^2 + weight s R(x), s the brightness of E^H y as for total variation.

    Args:
        penalty: R as `pics -R` spells it, without its weight: one of `WAVELET` and `TOTAL_VARIATION`.
        weight, iterations: as for `ClassicalSolver`.
        settings: further arguments of `pics`.
    """

    def __init__(
        self, penalty: str, weight: float, iterations: int = 50, settings: Sequence[str] = ("-e",)
    ) -> None:
        super().__init__(weight, iterations)
        self.penalty = penalty
        self.settings = settings

    @override
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        scale = signal_scale(encoding.adjoint(y))
        maps = encoding.coil_maps.expand(len(y), -1, -1, -1)
        images = [self._pics(*one) for one in zip(encoding.mask * y / scale, maps, strict=True)]
        image = torch.stack(images)[:, None] * scale
        agreement = (encoding(image).conj() * y).sum(dim=(1, 2, 3), keepdim=True)
        return Reconstruction(image * agreement.sgn())  # BART's centring leaves a factor of modulus 1

    def _pics(self, y: Tensor, maps: Tensor) -> Tensor:
        # one image, from k-space and maps (coils, H, W)
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("kspace", "maps", "image")]
            for file, values in zip(files, (y, maps), strict=False):
                write_cfl(file, values.permute(1, 2, 0)[:, :, None].numpy())
            problem = ["-R", f"{self.penalty}:{self.weight:g}", "-i", str(self.iterations), "-w", "1"]
            command = ["bart", "pics", *problem, *self.settings, *map(str, files)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
            return torch.from_numpy(bart_slices(files[-1].with_suffix(".cfl")).read(0)[0])


def bart_tv(weight: float) -> Bart:
    """Make BART's total variation. With the default `-u 0.5`, 200 iterations of ADMM are too few."""
    return Bart(TOTAL_VARIATION, weight, 100, ("-e", "-u", "0.01", "-C", "5"))


def write_cfl(path: Path, values: np.ndarray[Any, Any]) -> None:
    """Write an array as BART's pair of files, `.hdr` and `.cfl` (complex64, first axis fastest)."""
    path.with_suffix(".hdr").write_text(
        f"# Dimensions\n{' '.join(map(str, values.shape))}\n", encoding="utf-8"
    )
    path.with_suffix(".cfl").write_bytes(values.astype(np.complex64).tobytes(order="F"))
