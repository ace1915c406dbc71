"""A prior in sigpy: as a proximal operator, and with a solver as an `App` (extra `mri`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sigpy.alg import Alg
from sigpy.app import App
from sigpy.prox import Prox
from torch import Tensor
from typing_extensions import override

from monai_blurvae.mri import CartesianEncoding, Solver, sampled_mask
from monai_blurvae.priors.base import Prior


class SigpyProx(Prox):  # type: ignore[misc]
    """prox of alpha U for one slice: what lowers 1/2 |v - x|^2 + alpha U(v), U in nats.

    Args:
        prior: the prior, on any device; `ComplexPrior` for complex images.
        shape: shape of the slice, (H, W).
        steps: gradient steps of a proximal step.

    Raises:
        ValueError: If the shape is not that of one slice.
    """

    def __init__(self, prior: Prior, shape: Sequence[int], steps: int = 20) -> None:
        if len(shape) != 2:
            raise ValueError(f"`shape` must be that of a slice, (H, W), got {tuple(shape)}")
        super().__init__(shape)
        self.prior = prior
        self.steps = steps

    def _prox(self, alpha: float, input: NDArray[Any]) -> NDArray[Any]:
        tensors = [*self.prior.parameters(), *self.prior.buffers()]
        device = tensors[0].device if tensors else None
        x = torch.as_tensor(np.ascontiguousarray(input), device=device)[None, None]
        if tensors:  # sigpy's arrays are often of double precision, networks are not
            precision = tensors[0].dtype
            x = x.to(precision.to_complex() if x.is_complex() else precision)
        result: NDArray[Any] = self.prior.prox(x, float(alpha), self.steps)[0, 0].cpu().numpy()
        return result.astype(input.dtype)


class SolverRecon(App):  # type: ignore[misc]
    """A solver as an app of sigpy: `SolverRecon(y, mps, solver).run()` is the image, complex (H, W).

    The arguments are in the order of sigpy's own apps, such as `sigpy.mri.app.L1WaveletRecon`.

    Args:
        y: k-space, complex (coils, H, W), zeros where it was not sampled.
        mps: coil maps, complex (coils, H, W), such as those of sigpy's `EspiritCalib`.
        solver: any solver, such as `Mixture` or `JointMAP`, with its prior on the CPU.
        noise_std: as for `Solver.reconstruct`.
        show_pbar: whether sigpy shows its progress bar, of one step.

    Raises:
        ValueError: If k-space and maps are not complex (coils, H, W) of one size.
    """

    def __init__(
        self,
        y: NDArray[Any],
        mps: NDArray[Any],
        solver: Solver,
        noise_std: float | None = None,
        show_pbar: bool = True,
    ) -> None:
        kspace, maps = (torch.from_numpy(np.array(part, np.complex64))[None] for part in (y, mps))
        if kspace.ndim != 4 or kspace.shape != maps.shape:
            raise ValueError(
                f"`y` and `mps` must both be (coils, H, W), got {np.shape(y)} and {np.shape(mps)}"
            )
        encoding = CartesianEncoding(sampled_mask(kspace), maps)
        super().__init__(_OneStep(solver, kspace, encoding, noise_std), show_pbar=show_pbar)

    @override
    def _output(self) -> NDArray[np.complex64]:
        image: NDArray[np.complex64] = self.alg.image[0, 0].numpy()
        return image


class _OneStep(Alg):  # type: ignore[misc]
    # sigpy's apps run an algorithm; this one has a single step, the whole reconstruction

    def __init__(
        self, solver: Solver, y: Tensor, encoding: CartesianEncoding, noise_std: float | None
    ) -> None:
        super().__init__(max_iter=1)
        self.solver = solver
        self.y = y
        self.encoding = encoding
        self.noise_std = noise_std

    @override
    def _update(self) -> None:
        self.image = self.solver.reconstruct(self.y, self.encoding, noise_std=self.noise_std).image
