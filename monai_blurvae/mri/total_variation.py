"""Reconstruction with isotropic total variation, by accelerated proximal gradient steps."""

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_integer, check_positive
from monai_blurvae.mri.classical import ClassicalSolver, sense_start, signal_scale
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.phase import smooth_phase
from monai_blurvae.mri.proximal_gradient import accelerated_proximal_gradient
from monai_blurvae.mri.solver import Progress, Reconstruction, Watch


class TotalVariation(ClassicalSolver):
    """Minimise 1/2 ||E x - y||^2 + weight s sum over pixels of |D x|, s the brightness of E^H y.

    D x are the differences of a pixel to its two neighbours, zero over the edge, and |D x| is the root of the
    sum of their squared moduli. With s (`signal_scale`) the problem is that of the k-space y / s, whose image
    is about 1 where it is brightest: a weight has the same effect in all units, and the objective is
    that of y / s.

    With `phase_width` x has the phase phi of the low-pass filtered SENSE image: x = exp(i phi) a with real a,
    and D acts on a. A known phase halves the number of unknowns, as it does for the trained priors.

    Args:
        weight, iterations: as for `ClassicalSolver`; at least one iteration. inner_iterations: steps to the
        proximal point in each iteration, positive. The dual variable is kept from one to
            the next; with fewer than about 10 the outer steps stall before they converge.
        phase_width: standard deviation of the low-pass filter in samples of k-space; None: the phase is free.

    References:
        Block, Uecker, Frahm, Undersampled radial MRI with multiple coils: iterative image reconstruction
        using a total variation constraint, Magnetic Resonance in Medicine 57, 2007.
        Beck, Teboulle, Fast gradient-based algorithms for constrained total variation image denoising and
        deblurring problems, IEEE Transactions on Image Processing 18, 2009.
    """

    def __init__(
        self,
        weight: float = 1e-3,
        iterations: int = 200,
        inner_iterations: int = 10,
        phase_width: float | None = None,
    ) -> None:
        super().__init__(weight, iterations)
        check_integer(1, iterations=iterations, inner_iterations=inner_iterations)
        if phase_width is not None:
            check_positive(phase_width=phase_width)
        self.inner_iterations = inner_iterations
        self.phase_width = phase_width

    @override
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        adjoint = encoding.adjoint(y)
        scale, step = signal_scale(adjoint), 1 / encoding.eigenvalue_bound
        held = self.phase_width is not None
        rotation = torch.ones_like(adjoint)
        if self.phase_width is not None:
            rotation = torch.exp(1j * smooth_phase(sense_start(y, encoding), self.phase_width))
        b = _turned(adjoint / scale, rotation, held)
        energy = (encoding.mask * y / scale).abs().square().sum() / 2

        def normal(a: Tensor) -> Tensor:
            return _turned(encoding.normal(rotation * a), rotation, held)

        x = b if start is None else _turned(start / scale, rotation, held)
        dual = torch.zeros(2, *x.shape, dtype=x.dtype, device=x.device)

        def prox(v: Tensor) -> Tensor:
            nonlocal dual
            near, dual = _prox(v, step * self.weight, dual, self.inner_iterations)
            return near

        def report(x: Tensor, data: Tensor) -> None:
            objective = data + energy + self.weight * _lengths(x).sum()
            progress.report(float(objective), x * rotation * scale)

        progress = Progress(self.iterations, watch=watch)
        x = accelerated_proximal_gradient(normal, b, prox, step, x, progress, report)
        return Reconstruction(x * rotation * scale, progress.stopped, progress.objective)


def _turned(x: Tensor, rotation: Tensor, real: bool) -> Tensor:
    # the adjoint of a -> rotation a, for real or complex a
    a = rotation.conj() * x
    return a.real if real else a


def _prox(v: Tensor, weight: float, dual: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
    # minimise 1/2 ||x - v||^2 + weight sum |D x| by its dual p: x = v - D^T p, |p| <= weight; gives x and p
    point, momentum = dual, 1.0
    for _ in range(iterations):
        step = point + _differences(v - _differences_adjoint(point)) / 8  # |D|^2 is at most 8
        length = (step.conj() * step).real.sum(dim=0).sqrt()
        new = step * (weight / length.clamp_min(max(weight, torch.finfo(length.dtype).tiny)))
        new_momentum = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        point = new + (momentum - 1) / new_momentum * (new - dual)
        dual, momentum = new, new_momentum
    return v - _differences_adjoint(dual), dual


def _lengths(x: Tensor) -> Tensor:
    # |D x| at each pixel
    d = _differences(x)
    return (d.conj() * d).real.sum(dim=0).sqrt()


def _differences(x: Tensor) -> Tensor:
    # D x, (2, B, 1, H, W): to the next pixel along H and along W, zero for the last
    result = x.new_zeros(2, *x.shape)
    result[0, :, :, :-1] = x[:, :, 1:] - x[:, :, :-1]
    result[1, ..., :-1] = x[..., 1:] - x[..., :-1]
    return result


def _differences_adjoint(p: Tensor) -> Tensor:
    # D^T p, the negative divergence
    result = torch.zeros_like(p[0])
    result[:, :, 1:] += p[0, :, :, :-1]
    result[:, :, :-1] -= p[0, :, :, :-1]
    result[..., 1:] += p[1, ..., :-1]
    result[..., :-1] -= p[1, ..., :-1]
    return result
