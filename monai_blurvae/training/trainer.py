"""The trainer: a step of the VAE and a step of its blur source, from one forward pass per batch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from ignite.engine import Engine, Events
from monai.engines import Trainer
from monai.engines.utils import IterationEvents
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from monai_blurvae.checks import check_integer, check_positive
from monai_blurvae.keys import Keys
from monai_blurvae.training.noise import counted_noise
from monai_blurvae.training.objective import Objective


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


def in_memory_format(module: nn.Module) -> None:
    """Lay a module's convolutions out channels last, the memory format in which they are fastest.

    Args:
        module: a module of two or three spatial dimensions; changed in place.
    """
    layouts = {4: torch.channels_last, 5: torch.channels_last_3d}
    for parameter in module.parameters():
        if parameter.ndim in layouts:
            parameter.data = parameter.data.contiguous(memory_format=layouts[parameter.ndim])


class VAETrainer(Trainer):  # type: ignore[misc]
    """Train any latent model with any reconstruction term, and its blur source by a separate step.

    `state.output` holds `Keys.IMAGE`, `Keys.RECONSTRUCTION`, `Keys.KERNEL` and the objective's terms,
    detached. `IterationEvents.LOSS_COMPLETED` fires before the backward pass: a handler that raises there
    keeps the weights as they were.
    Under an initialised process group the objective is wrapped for distributed data parallel training.

    Args:
        device: where to train.
        max_epochs: epochs to train, more than the objective's warm-up.
        train_data_loader: batches with the key "image"; its sampler's `set_epoch` is called as epochs start.
        objective: what is minimised, with the model; moved to `device` in channels-last format.
        optimizers: the optimisers of the VAE, the kernel network and the discriminator; None is skipped.
        seed: seed of the latent noise, a function of seed, iteration and rank.
        gradient_clip: largest L2 norm of each optimiser's gradient; None: no clipping.
        train_handlers: handlers of the trainer; None is skipped.
        **kwargs: what `monai.engines.Trainer` takes.

    Raises:
        ValueError: `max_epochs` is below 1, or the warm-up covers all epochs.
    """

    def __init__(
        self,
        device: torch.device,
        max_epochs: int,
        train_data_loader: Iterable[Mapping[str, Any]],
        objective: Objective,
        optimizers: Sequence[Optimizer | None],
        *,
        seed: int = 0,
        gradient_clip: float | None = None,
        train_handlers: Sequence[Any] | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        check_integer(1, max_epochs=max_epochs)
        if gradient_clip is not None:
            check_positive(gradient_clip=gradient_clip)
        objective.check_epochs(max_epochs)
        in_memory_format(objective.to(device))
        self.objective = objective
        self.network = objective.model
        self.optimizers = optimizers
        self.seed = seed
        self.gradient_clip = gradient_clip
        parallel = dist.is_available() and dist.is_initialized()
        self.parallel_objective = (
            # before its start a discriminator has no gradient
            DistributedDataParallel(objective, find_unused_parameters=objective.adversary is not None)
            if parallel
            else objective
        )
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
        handlers = [handler for handler in train_handlers or () if handler is not None]
        for handler in handlers:
            if hasattr(handler, "output_transform"):
                handler.output_transform = _unpacked(handler.output_transform)
        self._register_handlers(handlers)

    def _set_epoch(self, engine: Engine) -> None:
        set_epoch = getattr(getattr(self.data_loader, "sampler", None), "set_epoch", None)
        if set_epoch is not None:
            set_epoch(engine.state.epoch)

    def _iteration(self, engine: Engine, batchdata: Mapping[str, Any]) -> dict[Keys, Tensor | None]:
        image = self.prepare_batch(batchdata, self.state.device, self.non_blocking, **self.to_kwargs)
        shape = (len(image), *self.network.latent_shape)
        noise = counted_noise(shape, self.seed, self.state.iteration, self.state.rank)
        if image.is_cuda:  # from pinned memory the copy does not make the host wait
            noise = noise.pin_memory()
        noise = noise.to(image.device, non_blocking=True)
        self.parallel_objective.train()
        terms = self.parallel_objective(image, noise, self.state.epoch)
        detached = {name: None if term is None else term.detach() for name, term in terms.items()}
        self.state.output = {Keys.IMAGE: image, **detached}
        engine.fire_event(IterationEvents.FORWARD_COMPLETED)
        engine.fire_event(IterationEvents.LOSS_COMPLETED)
        update(terms, self.optimizers, self.gradient_clip)
        engine.fire_event(IterationEvents.BACKWARD_COMPLETED)
        engine.fire_event(IterationEvents.MODEL_COMPLETED)
        output: dict[Keys, Tensor | None] = self.state.output
        return output


def _unpacked(transform: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Take a single value out of its tuple. `from_engine` returns a tuple where output is not decollated."""

    def unpacked(output: Any) -> Any:  # noqa: ANN401
        value = transform(output)
        return value[0] if isinstance(value, tuple) and len(value) == 1 else value

    return unpacked


def update(
    terms: Mapping[Keys, Any], optimizers: Iterable[Optimizer | None], gradient_clip: float | None = None
) -> None:
    """Step the VAE (equation 11), the kernel network (equation 12) and a discriminator by one backward pass.

    The VAE's loss has no gradient with respect to the kernel network's gamma. The blur error has no gradient
    with respect to theta and phi. So one backward pass of their sum gives each its own gradient. The same
    holds for a discriminator. All gradients are computed before any optimiser steps, and
    DistributedDataParallel sees a single backward pass.

    Args:
        terms: the objective's terms: `Keys.LOSS`, and the errors that the kernel network
            (`Keys.KERNEL_ERROR`) and the discriminator (`Keys.DISCRIMINATOR`) minimise, if they have a step.
        optimizers: the optimisers; None is skipped.
        gradient_clip: largest L2 norm of each optimiser's gradient, or None for no clipping.
    """
    stepping = [optimizer for optimizer in optimizers if optimizer is not None]
    for optimizer in stepping:
        optimizer.zero_grad(set_to_none=True)
    total = terms[Keys.LOSS]
    for own in (Keys.KERNEL_ERROR, Keys.DISCRIMINATOR):
        if own in terms:
            total = total + terms[own]
    total.backward()
    for optimizer in stepping:
        if gradient_clip is not None:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, gradient_clip)
        optimizer.step()
