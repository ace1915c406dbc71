"""The trainer: one forward pass a batch, the VAE's step and the kernel network's step from it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from ignite.engine import Engine, Events
from monai.engines import Trainer
from monai.engines.utils import IterationEvents
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from monai_blurvae.keys import Keys
from monai_blurvae.networks import BlurVAE, Parts, TrainingPass
from monai_blurvae.training.noise import counted_noise
from monai_blurvae.training.objective import Objective
from monai_blurvae.training.precision import autocast
from monai_blurvae.training.steps import update


def image_of(
    batch: Mapping[str, Any], device: torch.device, non_blocking: bool = False, **_: object
) -> Tensor:
    """Take the image of a batch and move it to the device.

    Args:
        batch: a batch with the key "image", (B, ch, *size) in [-1, 1].
        device: where to compute.
        non_blocking: whether a copy to the GPU may overlap with the host.

    Returns:
        The image on the device.
    """
    image: Tensor = batch[Keys.IMAGE]
    return image.to(device, non_blocking=non_blocking)


def in_memory_format(network: BlurVAE) -> BlurVAE:
    """Lay a network's weights out in the memory format in which convolutions are fastest.

    Args:
        network: a network of two or three spatial dimensions; changed in place.

    Returns:
        The network, its convolutions channels last.
    """
    layout = torch.channels_last if network.spatial_dims == 2 else torch.channels_last_3d
    for parameter in network.parameters():
        if parameter.ndim == network.spatial_dims + 2:
            parameter.data = parameter.data.contiguous(memory_format=layout)
    return network


class BlurVAETrainer(Trainer):  # type: ignore[misc]
    """Train a `BlurVAE` with any reconstruction term and, in alternation, its kernel network if it has one.

    `state.output` holds `Keys.IMAGE`, `Keys.RECONSTRUCTION`, `Keys.KERNEL` and the objective's terms,
    detached. `IterationEvents.LOSS_COMPLETED` fires before the backward pass: who raises there keeps the
    weights as they were.
    Under an initialised process group the pass is wrapped for distributed data parallel training.

    Args:
        device: where to train.
        max_epochs: epochs to train.
        train_data_loader: batches with the key "image"; its sampler's `set_epoch` is called as epochs start.
        network: the network, on any device; moved to `device` in channels-last format.
        objective: what is minimised.
        optimizers: the VAE's optimiser and the kernel network's, or None for the latter.
        seed: seed of the latent noise, a function of seed, iteration and rank.
        gradient_clip: largest L2 norm of each optimiser's gradient; None: no clipping.
        amp: autocast to bfloat16.
        compile: whether to `torch.compile` the forward pass.
        train_handlers: observers; None among them is passed over.
        **kwargs: what `monai.engines.Trainer` takes.

    Raises:
        ValueError: `max_epochs` is below 1.
    """

    def __init__(
        self,
        device: torch.device,
        max_epochs: int,
        train_data_loader: Iterable[Mapping[str, Any]],
        network: BlurVAE,
        objective: Objective,
        optimizers: Sequence[Optimizer | None],
        *,
        seed: int = 0,
        gradient_clip: float | None = None,
        amp: bool = False,
        compile: bool = False,
        train_handlers: Sequence[Any] | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        if max_epochs < 1:
            raise ValueError(f"`max_epochs` must be at least 1, got {max_epochs!r}.")
        self.network = in_memory_format(network.to(device))
        self.objective = objective
        self.optimizers = optimizers
        self.seed = seed
        self.gradient_clip = gradient_clip
        self.autocast_enabled = amp
        training_pass: nn.Module = TrainingPass(self.network)
        if compile:
            training_pass = torch.compile(training_pass)  # type: ignore[assignment]
        if dist.is_available() and dist.is_initialized():
            training_pass = DistributedDataParallel(training_pass)
        self.training_pass = training_pass
        super().__init__(
            device=device,
            max_epochs=max_epochs,
            data_loader=train_data_loader,
            prepare_batch=kwargs.pop("prepare_batch", image_of),
            decollate=False,
            handlers=None,
            **kwargs,
        )
        self.add_event_handler(Events.EPOCH_STARTED, self._set_epoch)
        self._register_handlers([handler for handler in train_handlers or () if handler is not None])

    def _set_epoch(self, engine: Engine) -> None:
        set_epoch = getattr(getattr(self.data_loader, "sampler", None), "set_epoch", None)
        if set_epoch is not None:
            set_epoch(engine.state.epoch)

    def _iteration(self, engine: Engine, batchdata: Mapping[str, Any]) -> dict[Keys, Tensor | None]:
        image = self.prepare_batch(batchdata, self.state.device, self.non_blocking, **self.to_kwargs)
        shape = (image.shape[0], self.network.latent_size)
        noise = counted_noise(shape, self.seed, self.state.iteration, self.state.rank).to(image.device)
        self.training_pass.train()
        with autocast(self.autocast_enabled, self.state.device):
            parts: Parts = self.training_pass(image, noise, self.objective.attach_kernel)
        self.state.output = {
            Keys.IMAGE: image,
            Keys.RECONSTRUCTION: parts.x_hat.detach().float(),
            Keys.KERNEL: None if parts.kernel is None else parts.kernel.detach(),
        }
        engine.fire_event(IterationEvents.FORWARD_COMPLETED)
        terms = self.objective(parts, image, self.state.epoch)
        self.state.output.update({name: term.detach() for name, term in terms.items()})
        engine.fire_event(IterationEvents.LOSS_COMPLETED)
        update(terms, self.optimizers, self.gradient_clip)
        engine.fire_event(IterationEvents.BACKWARD_COMPLETED)
        engine.fire_event(IterationEvents.MODEL_COMPLETED)
        output: dict[Keys, Tensor | None] = self.state.output
        return output
