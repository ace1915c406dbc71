"""A prior in deepinv: as a prior, as a denoiser, and with a solver as a `Reconstructor` (extra `deepinv`)."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_integer
from monai_blurvae.extras import from_extra
from monai_blurvae.mri import CartesianEncoding, Solver, espirit_maps
from monai_blurvae.priors.base import Prior
from monai_blurvae.shapes import PerImage


class DeepinvPrior(from_extra("deepinv.optim", "deepinv").Prior):  # type: ignore[misc]
    """g(x) = U(x) in nats: where the fidelity is 1/2 |A x - y|^2, `lambda_reg` is the noise's variance.

    deepinv's MRI physics has images of real and imaginary channels, (B, 2, H, W): wrap the prior of
    magnitudes in `ComplexPrior` first. The parameter that deepinv's optimisers pass to their priors
    (`g_param`) is ignored.

    Args:
        prior: the prior.
        steps: gradient steps of a proximal step.
    """

    def __init__(self, prior: Prior, steps: int = 20) -> None:
        super().__init__()
        self.explicit_prior = True
        self.prior = prior
        self.steps = steps

    @override
    def fn(self, x: Tensor, *_: Any, **__: Any) -> PerImage:
        return self.prior.energy(x)

    @override
    def grad(self, x: Tensor, *_: Any, **__: Any) -> Tensor:
        return self.prior.grad(x)

    @override
    def prox(self, x: Tensor, *_: Any, gamma: float | Tensor = 1.0, **__: Any) -> Tensor:
        return self.prior.prox(x, gamma, self.steps)


class DeepinvDenoiser(from_extra("deepinv.models", "deepinv").Denoiser):  # type: ignore[misc]
    """The most probable image behind white noise, as a denoiser for plug-and-play methods.

    Args:
        prior: the prior.
        steps: gradient steps of a denoising.
    """

    def __init__(self, prior: Prior, steps: int = 20) -> None:
        torch.nn.Module.__init__(self)  # deepinv's own moves what it holds to the CPU
        self.prior = prior
        self.steps = steps

    @override
    def forward(self, x: Tensor, sigma: float | Tensor, **_: Any) -> Tensor:
        return self.prior.denoise(x, sigma, self.steps)


class DeepinvReconstructor(from_extra("deepinv.models", "deepinv").Reconstructor):  # type: ignore[misc]
    """A solver as deepinv's `Reconstructor`: `model(y, physics)` is the image.

    deepinv's `MRI` and `MultiCoilMRI` give mask and coil maps. If their noise model is `GaussianNoise`, its
    standard deviation, which is that of real and imaginary part, weighs the prior. Images are (B, 2, H, W),
    real and imaginary part; k-space is (B, 2, H, W), or (B, 2, coils, H, W) of several coils.

    Args:
        solver: any solver, such as `Mixture` or `JointMAP`; y must be on the device of its prior.
        calibration_width: estimate the coil maps by ESPIRiT from so many central samples, and leave out
            those of the physics; None: the maps of the physics.
    """

    def __init__(self, solver: Solver, calibration_width: int | None = None) -> None:
        super().__init__()
        if calibration_width is not None:
            check_integer(1, calibration_width=calibration_width)
        self.solver = solver
        self.calibration_width = calibration_width

    @override
    def forward(self, y: Tensor, physics: Any, **_: Any) -> Tensor:
        mri = from_extra("deepinv.physics", "deepinv")
        if not isinstance(physics, mri.MRI | mri.MultiCoilMRI) or physics.three_d:
            raise ValueError(f"`physics` must be MRI or MultiCoilMRI of slices, got {type(physics).__name__}")
        several = isinstance(physics, mri.MultiCoilMRI)
        if y.ndim != 4 + several or y.shape[1] != 2:
            raise ValueError(
                f"`y` must be (B, 2, {'coils, ' * several}H, W) for {type(physics).__name__}, got "
                f"{tuple(y.shape)}"
            )
        kspace = torch.view_as_complex((y if several else y[:, :, None]).movedim(1, -1).contiguous())
        maps = physics.coil_maps if several else None
        mask = physics.mask[:, :1]
        if self.calibration_width is not None:
            maps = espirit_maps(mask * kspace, self.calibration_width)
        noise = physics.noise_model
        std = noise.sigma * 2**0.5 if isinstance(noise, mri.GaussianNoise) else None
        with torch.enable_grad():  # solvers descend along gradients, under no_grad too
            encoding = CartesianEncoding(mask, maps)
            image = self.solver.reconstruct(kspace, encoding, noise_std=std).image
        return torch.view_as_real(image[:, 0].detach()).movedim(-1, 1)
