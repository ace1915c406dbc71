"""The project's training, as the check uses it: no other file here knows the project's API."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch import Tensor

from monai_blurvae.functional import kl_divergence
from monai_blurvae.keys import Keys
from monai_blurvae.losses import ReconstructionLoss, make_loss
from monai_blurvae.metrics import ResolvedFrequency, psnr, ssim
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, KernelNet
from monai_blurvae.training import Objective, VAETrainer, update

METHODS = ("l2", "fixed", "network", "measured", "least_squares")
"""The reconstruction terms that are compared: L2, then the Wiener term by where its blur comes from."""

MOST_UNKNOWNS = 125
"""Values of the largest kernel that `least_squares` solves for: 11x11, or 5x5x5."""


SCALARS = (Keys.LOSS, Keys.NLL, Keys.KL, Keys.KERNEL_ERROR, Keys.SCALE)


class MissingError(Exception):
    """A method that a setting is too large for."""


@dataclass(frozen=True)
class Setting:
    """A network and its batches."""

    size: int
    channels: int
    batch: int
    kernel: int
    features: tuple[int, ...]
    latent: int = 256
    hidden: int = 512
    spatial_dims: int = 2

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a batch, (B, ch, *size)."""
        return (self.batch, self.channels, *[self.size] * self.spatial_dims)

    def __str__(self) -> str:
        """Write size, channels, batch and kernel."""
        size = "x".join([str(self.size)] * self.spatial_dims + [str(self.channels)])
        return f"{size}, batch {self.batch}, kernel {self.kernel}"

    def images(self, device: torch.device, seed: int = 0) -> Tensor:
        """Draw a batch of noise in [-1, 1]."""
        generator = torch.Generator().manual_seed(seed)
        return (torch.rand(self.shape, generator=generator) * 2 - 1).to(device)

    def noise(self, device: torch.device, seed: int = 0) -> Tensor:
        """Draw a batch of standard normal latents."""
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(self.batch, self.latent, generator=generator).to(device)


def reconstruction_term(method: str, setting: Setting) -> ReconstructionLoss:
    """Make a reconstruction term.

    Args:
        method: one of `METHODS`.
        setting: whose kernel size it gets.

    Returns:
        The term.

    Raises:
        MissingError: its kernel would be too large.
    """
    if method == "l2":
        return make_loss({"name": "l2"})
    unknowns = setting.kernel**setting.spatial_dims
    if method == "least_squares" and unknowns > MOST_UNKNOWNS:
        raise MissingError(f"{method}: kernels of up to {MOST_UNKNOWNS} values, not {unknowns}")
    sizes = {"kernel_size": setting.kernel, "spatial_dims": setting.spatial_dims}
    return make_loss({"name": "wiener_blur", "blur": method, **sizes})


def kernel_net(setting: Setting) -> KernelNet:
    """Make a kernel network."""
    return KernelNet(setting.latent, [setting.kernel] * setting.spatial_dims)


class Case:
    """A model, its objective and its optimisers, on a device.

    Args:
        method: one of `METHODS`.
        setting: the network and its batches.
        device: where to train.
        amp: autocast to bfloat16.
        compile: compile the forward pass.
        capturable: make optimisers that a CUDA graph can hold.
        dtype: precision of the weights.
        warmup_epochs: epochs with an identity covariance, where the method wants them.
    """

    def __init__(
        self,
        method: str,
        setting: Setting,
        device: torch.device,
        *,
        amp: bool = False,
        compile: bool = False,
        capturable: bool = False,
        dtype: torch.dtype = torch.float32,
        warmup_epochs: int = 0,
    ) -> None:
        loss = reconstruction_term(method, setting)
        torch.manual_seed(0)
        shape = setting.size, setting.features, setting.latent, setting.spatial_dims, setting.channels
        self.network = BlurVAE(
            Encoder(*shape, hidden_size=setting.hidden),
            Decoder(*shape, hidden_size=setting.hidden),
            kernel_net(setting) if method == "network" else None,
            loss,
        ).to(device, dtype)
        self.setting, self.device = setting, device
        self.objective = Objective(self.network, loss, 1.0, warmup_epochs, amp, compile)
        sides = [list(self.network.vae_parameters())]
        if self.network.kernel_net is not None:
            sides.append(list(self.network.kernel_net.parameters()))
        self.optimizers = [
            torch.optim.Adam(side, lr=3e-4, fused=True, capturable=capturable) for side in sides
        ]
        self.epoch = self.objective.warmup_epochs + 1
        self.engine = self._trainer([], self.epoch)
        self.engine.state.epoch = self.epoch

    def _trainer(self, loader: Iterable[Any], epochs: int) -> VAETrainer:
        return VAETrainer(self.device, epochs, loader, self.objective, [*self.optimizers, None][:2])

    def parameters(self) -> dict[str, Tensor]:
        """Everything that is trained, by name."""
        return dict(self.network.named_parameters())

    def terms(self, image: Tensor, noise: Tensor) -> dict[str, Tensor]:
        """Compute the objective's terms after the warm-up, in training mode, with a gradient."""
        self.objective.train()
        said = self.objective(image, noise, self.epoch)
        return {name: said[name] for name in SCALARS if name in said}

    def gradients(self, image: Tensor, noise: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Compute the terms and the gradient of what a step minimises, by the parameter's name."""
        self.network.zero_grad()
        terms = self.terms(image, noise)
        minimised = terms[Keys.LOSS] + terms.get(Keys.KERNEL_ERROR, 0)
        minimised.backward()
        gradients = {name: p.grad for name, p in self.parameters().items() if p.grad is not None}
        return {str(name): term.detach() for name, term in terms.items()}, gradients

    def update(self, image: Tensor, noise: Tensor) -> None:
        """Take a step without the engine around it."""
        update(self.terms(image, noise), self.optimizers)  # type: ignore[arg-type]

    def step(self, image: Tensor) -> None:
        """Take a step as the trainer takes it, its own noise included."""
        self.engine.state.iteration += 1
        self.engine._iteration(self.engine, {"image": image})

    def train(
        self,
        loader: Iterable[dict[str, Tensor]],
        epochs: int,
        rate: float,
        report: Callable[[int, float], None],
    ) -> None:
        """Train by the project's engine, at a learning rate that falls along a cosine, epoch by epoch.

        Args:
            loader: batches with the key "image".
            epochs: epochs to train.
            rate: first learning rate.
            report: called after each epoch with its number and the mean loss.
        """
        trainer = self._trainer(loader, epochs)
        total = torch.zeros((), device=self.device)

        def start(engine: Engine) -> None:
            total.zero_()
            for optimizer in self.optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate * (1 + math.cos(math.pi * (engine.state.epoch - 1) / epochs)) / 2

        trainer.add_event_handler(Events.EPOCH_STARTED, start)
        trainer.add_event_handler(
            Events.ITERATION_COMPLETED, lambda engine: total.add_(engine.state.output[Keys.LOSS])
        )
        trainer.add_event_handler(
            Events.EPOCH_COMPLETED,
            lambda engine: report(engine.state.epoch, float(total) / engine.state.epoch_length),
        )
        trainer.run()

    @torch.no_grad()
    def evaluate(self, images: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Reconstruct images from mu, in evaluation mode and float32.

        Args:
            images: images, (B, ch, *size) in [-1, 1].

        Returns:
            Reconstructions, and their mean PSNR in dB, SSIM, resolved frequency in cycles per pixel, and KL
            divergence in nats.
        """
        self.network.eval()
        mu, log_var = self.network.encode(images)
        x_hat = self.network.decode(mu)
        output = {Keys.IMAGE: images, Keys.RECONSTRUCTION: x_hat}
        measures = {"psnr": psnr(), "ssim": ssim(self.setting.spatial_dims), "resolved": ResolvedFrequency()}
        values = {}
        for name, measure in measures.items():
            measure.update(output)
            values[name] = float(measure.compute())
        return x_hat, {**values, "kl": float(kl_divergence(mu, log_var).mean())}


def loss_step(method: str, setting: Setting, device: torch.device) -> Callable[[], Tensor]:
    """Make a function that computes a term of a batch, and its gradient to the reconstruction.

    Args:
        method: one of `METHODS`.
        setting: the batch and the kernel's size.
        device: where to compute.

    Returns:
        The function; it returns the gradient, (B, ch, *size).
    """
    loss = reconstruction_term(method, setting)
    if method == "network":
        loss.blur.bind(kernel_net(setting).to(device))
    loss.to(device)
    image, z = setting.images(device), setting.noise(device)
    x_hat = setting.images(device, seed=1).requires_grad_()

    def step() -> Tensor:
        (gradient,) = torch.autograd.grad(loss.terms(x_hat, image, z).nll.sum(), x_hat)
        return gradient

    return step
