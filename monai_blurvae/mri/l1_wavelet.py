"""Reconstruction with the L1 norm of wavelet coefficients, by accelerated proximal gradient steps."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_integer
from monai_blurvae.extras import from_extra
from monai_blurvae.mri.centred_fourier import SPATIAL
from monai_blurvae.mri.classical import ClassicalSolver, signal_scale
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.proximal_gradient import accelerated_proximal_gradient
from monai_blurvae.mri.solver import Progress, Reconstruction, Watch

TINY = float(np.finfo(np.float32).tiny)
"""In place of 0 in a denominator."""


class L1Wavelet(ClassicalSolver):
    """Minimise 1/2 ||E x - y||^2 + weight s ||W x||_1, W a wavelet transform (PyWavelets').

    s is the brightness of E^H y (`signal_scale`), so a weight has the same effect in all units of
    k-space. Accelerated proximal gradient steps. W is decimated and periodic; before each step the image is
    shifted at random (cycle spinning), without which blocks appear. All coefficients count, also the
    coarsest. `watch` gets the misfit, 1/2 ||E x - y||^2 of y / s. Needs the extra `mri`.

    On measured data few iterations are better than many, since the coil maps' errors are fitted last.

    Args:
        weight, iterations: as for `ClassicalSolver`; at least one iteration.
        wavelet: PyWavelets' name of an orthogonal wavelet.
        seed: seed of the shifts.

    References:
        Lustig, Donoho, Pauly, Sparse MRI: the application of compressed sensing for rapid MR imaging,
        Magnetic Resonance in Medicine 58, 2007.
        Figueiredo, Nowak, An EM algorithm for wavelet-based image restoration, IEEE TIP 12, 2003 (shifts).
    """

    def __init__(
        self, weight: float = 2e-3, iterations: int = 50, wavelet: str = "db2", seed: int = 0
    ) -> None:
        super().__init__(weight, iterations)
        check_integer(1, iterations=iterations)
        self.wavelet = wavelet
        self.seed = seed

    @override
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        adjoint = encoding.adjoint(y)
        scale = signal_scale(adjoint)
        b, step = adjoint / scale, 1 / encoding.eigenvalue_bound
        energy = (encoding.mask * y / scale).abs().square().sum() / 2
        shrink = SparseWavelets(self.wavelet, encoding.image_size, self.seed)

        def prox(v: Tensor) -> Tensor:
            return shrink(v, step * self.weight)

        def report(x: Tensor, data: Tensor) -> None:
            progress.report(float(data + energy), x * scale)

        progress = Progress(self.iterations, watch=watch)
        x = b if start is None else start / scale
        x = accelerated_proximal_gradient(encoding.normal, b, prox, step, x, progress, report)
        return Reconstruction(x * scale, progress.stopped, progress.objective)


class SparseWavelets:
    """The proximal operator of weight ||W T x||_1, T another random shift at each call.

    Args:
        wavelet: PyWavelets' name of an orthogonal wavelet.
        size: (H, W) of the images.
        seed: seed of the shifts.
    """

    def __init__(self, wavelet: str, size: tuple[int, int], seed: int) -> None:
        self._pywt = from_extra("pywt", "mri")
        self._wavelet = self._pywt.Wavelet(wavelet)
        self._levels = self._pywt.dwtn_max_level(size, self._wavelet)
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, x: Tensor, weight: float) -> Tensor:
        """Shrink the wavelet coefficients of complex images, (B, 1, H, W), by a weight."""
        shift = torch.randint(2**self._levels, (2,), generator=self._generator).tolist()
        shifted = x.roll(shift, SPATIAL).cpu().numpy()
        coarsest, *details = self._pywt.wavedecn(
            shifted, self._wavelet, "periodization", self._levels, SPATIAL
        )
        tree: list[Any] = [_shrunk(coarsest, weight)]
        tree += [{name: _shrunk(part, weight) for name, part in level.items()} for level in details]
        rows, columns = x.shape[-2:]
        back = self._pywt.waverecn(tree, self._wavelet, "periodization", SPATIAL)[..., :rows, :columns]
        return torch.from_numpy(back).to(x).roll([-way for way in shift], SPATIAL)


def _shrunk(values: NDArray[Any], weight: float) -> NDArray[Any]:
    size = np.abs(values)
    shrunk: NDArray[Any] = values * (np.maximum(size - weight, 0) / np.maximum(size, TINY))
    return shrunk
