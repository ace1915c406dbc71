"""A prior of magnitudes as a prior of complex images."""

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.mri.conjugate_gradient import inner_product, per_pixel
from monai_blurvae.priors.base import Prior, proximal_objective, weights
from monai_blurvae.priors.descent import descend
from monai_blurvae.priors.intensity import IntensityRange
from monai_blurvae.shapes import PerImage

MODES = ("magnitude", "real_imaginary")
"""Which real image of a complex one the prior sees."""


class ComplexPrior(Prior):
    """U(x) of complex images in the units of k-space, from a prior of real images in [-1, 1].

    "magnitude": U(x) = U(abs(x)); the phase is free; `prox` and `project` keep that of x.
    "real_imaginary": with x exp(-i phi) = a + i b, phi a smooth phase, U(x) = U(a) + w/2 |b|^2, a and b in
    the network's units: the larger w, the closer the image's phase is to phi. It is smooth where x is 0.

    Images are complex, (B, 1, H, W), or real with the real and imaginary parts as channels, (B, 2, H, W);
    results have the form of x. Gradients are torch's: dU/da + i dU/db.

    Args:
        prior: prior of real images.
        intensity: magnitudes that are -1 and 1 to it.
        mode: "magnitude" or "real_imaginary".
        phase: phi in radians, (B or 1, 1, H, W), for "real_imaginary"; None: 0.
        phase_weight: w, not negative, in nats; only for "real_imaginary".
        mask: the brain, (H, W) or (B or 1, 1, H, W), true inside: the prior sees background elsewhere, and
            pixels there get no gradient; None: the whole image.

    Raises:
        ValueError: If the mode is unknown, the weight negative, or "magnitude" given a phase or its weight.
    """

    mask: Tensor | None
    rotation: Tensor | None

    def __init__(
        self,
        prior: Prior,
        intensity: IntensityRange,
        mode: str = "magnitude",
        phase: Tensor | None = None,
        phase_weight: float = 0.0,
        mask: Tensor | None = None,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f'`mode` must be "magnitude" or "real_imaginary", got {mode!r}')
        if not phase_weight >= 0:
            raise ValueError(f"`phase_weight` must not be negative, got {phase_weight}")
        if mode == "magnitude" and (phase is not None or phase_weight):
            raise ValueError('`mode` must be "real_imaginary" for a smooth phase, got "magnitude"')
        self.prior = prior
        self.intensity = intensity
        self.mode = mode
        self.phase_weight = phase_weight
        self.is_log_prob = prior.is_log_prob
        self.register_buffer(
            "rotation", None if phase is None else torch.polar(torch.ones_like(phase), phase)
        )
        self.register_buffer("mask", None if mask is None else mask.view(-1, 1, *mask.shape[-2:]).bool())

    @override
    def energy(self, x: Tensor) -> PerImage:
        a, b = self._parts(_as_complex(x))
        return self.prior.energy(a) + self.phase_weight / 2 * inner_product(b, b)

    @override
    def energy_and_grad(self, x: Tensor) -> tuple[PerImage, Tensor]:
        # the gradient is dU/da + i dU/db; at x = 0 that of "magnitude", which has none, is 0
        z = _as_complex(x.detach())
        a, b = self._parts(z)
        energy, gradient = self._real_energy_and_grad(a)
        energy = energy + self.phase_weight / 2 * inner_product(b, b)
        slope = torch.complex(gradient, self.phase_weight * b) * self.intensity.slope
        return energy, _in_form_of(x, slope * self._direction(z))

    @override
    def project(self, x: Tensor) -> Tensor:
        # what the prior sees is projected; the imaginary part b is 0
        z = _as_complex(x)
        a, b = self._parts(z)
        return _in_form_of(x, self._put_back(z, self.prior.project(a), torch.zeros_like(b)))

    @override
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        # with phase 0, in the units of k-space
        return self.intensity.to_magnitude(self.prior.sample(n, generator)).clamp_min(0) + 0j

    @override
    def prox(self, x: Tensor, gamma: float | Tensor, steps: int = 20) -> Tensor:
        # a and b are independent: descent for a, closed form for b; magnitudes below 0 become 0
        z = _as_complex(x.detach())
        a, b = self._parts(z)
        weight = weights(gamma, b) * self.intensity.slope**2
        objective = proximal_objective(self._real_energy_and_grad, a, weight)
        shrunk = b / (1 + per_pixel(weight, b) * self.phase_weight)
        return _in_form_of(x, self._put_back(z, descend(objective, a, steps)[0], shrunk))

    def _parts(self, z: Tensor) -> tuple[Tensor, Tensor]:
        # a as the prior sees it and b, both in the network's units; background outside the mask
        if self.mode == "magnitude":
            a, b = z.abs(), torch.zeros_like(z.real)
        else:
            turned = z if self.rotation is None else z * self.rotation.conj()
            a, b = turned.real, turned.imag
        if self.mask is not None:
            if self.mask.shape[2:] != z.shape[2:] or len(self.mask) not in {1, len(z)}:
                raise ValueError(
                    f"`mask` must have the images' size, {tuple(z.shape[2:])}, got {tuple(self.mask.shape)}"
                )
            a, b = torch.where(self.mask, a, 0), torch.where(self.mask, b, 0)
        return self.intensity.to_network(a), b * self.intensity.slope

    def _real_energy_and_grad(self, a: Tensor) -> tuple[PerImage, Tensor]:
        energy, gradient = self.prior.energy_and_grad(a)
        return energy, gradient if self.mask is None else gradient * self.mask

    def _direction(self, z: Tensor) -> Tensor:
        # where a grows, a complex number of modulus 1 (or 0, for magnitudes of 0)
        if self.mode == "magnitude":
            return z.sgn()
        return torch.ones_like(z) if self.rotation is None else self.rotation.expand_as(z)

    def _put_back(self, z: Tensor, a: Tensor, b: Tensor) -> Tensor:
        a = self.intensity.to_magnitude(a)
        direction = self._direction(z)
        if self.mode == "magnitude":
            a, direction = a.clamp_min(0), torch.where(z == 0, 1, direction)
        new = torch.complex(a, b / self.intensity.slope) * direction
        return new if self.mask is None else torch.where(self.mask, new, z)


def _as_complex(x: Tensor) -> Tensor:
    # real and imaginary channels as one complex channel
    if x.ndim == 4 and x.is_complex() and x.shape[1] == 1:
        return x
    if x.ndim == 4 and not x.is_complex() and x.shape[1] == 2:
        return torch.complex(x[:, :1], x[:, 1:])
    raise ValueError(
        "`x` must be complex with one channel, or real with two (real and imaginary part), "
        f"got {x.dtype} of shape {tuple(x.shape)}"
    )


def _in_form_of(x: Tensor, z: Tensor) -> Tensor:
    # z as x is: complex, or real with two channels
    return z if x.is_complex() else torch.cat([z.real, z.imag], dim=1)
