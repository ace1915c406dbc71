"""The evaluator: all outputs that metrics need, from a network in evaluation mode."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from ignite.engine import Engine, Events
from monai.engines import Evaluator
from monai.engines.utils import IterationEvents
from torch import Tensor, nn

from monai_blurvae.functional.gaussian import reparameterize
from monai_blurvae.keys import Keys
from monai_blurvae.networks import LatentModel
from monai_blurvae.training.device import autocast
from monai_blurvae.training.noise import counted_noise
from monai_blurvae.training.trainer import image_of


def share_buffers(network: nn.Module) -> None:
    """Give every rank the buffers of rank 0; without torch.distributed they stay as they are.

    Batch normalisation's statistics follow each rank's own batches until its next training step.

    Args:
        network: the network; every rank must call.
    """
    if dist.is_available() and dist.is_initialized():
        for buffer in network.buffers():
            dist.broadcast(buffer, src=0)


class VAEEvaluator(Evaluator):  # type: ignore[misc]
    """Evaluate a latent model: pictures come from mu, likelihoods from a sampled z, samples from the prior.

    Under an initialised process group every rank evaluates with the buffers of rank 0, before the first
    handler of `val_handlers` is called.

    Args:
        device: where to evaluate.
        val_data_loader: batches with the key "image".
        network: the network, already on `device`.
        seed: seed of the noise, a function of seed, iteration and rank: every evaluation draws the same.
        amp: autocast to bfloat16.
        val_handlers: handlers of the evaluator; None is skipped.
        **kwargs: what `monai.engines.Evaluator` takes: `key_val_metric`, `additional_metrics`...
    """

    def __init__(
        self,
        device: torch.device,
        val_data_loader: Iterable[Mapping[str, Any]],
        network: LatentModel,
        *,
        seed: int = 0,
        amp: bool = False,
        val_handlers: Sequence[Any] | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        self.network = network
        self.seed = seed
        self.autocast_enabled = amp
        super().__init__(
            device=device,
            val_data_loader=val_data_loader,
            prepare_batch=kwargs.pop("prepare_batch", image_of),
            decollate=False,
            **kwargs,
        )
        self.add_event_handler(Events.STARTED, lambda _: share_buffers(network))
        self._register_handlers([handler for handler in val_handlers or () if handler is not None])

    def _iteration(self, engine: Engine, batchdata: Mapping[str, Any]) -> dict[Keys, Tensor | None]:
        image = self.prepare_batch(batchdata, self.state.device, self.non_blocking, **self.to_kwargs)
        network = self.network
        network.eval()
        with torch.no_grad(), autocast(self.autocast_enabled, self.state.device):
            mu, log_var = (code.float() for code in network.encode(image))
            shape = torch.Size((2, *mu.shape))
            noise = counted_noise(shape, self.seed, self.state.iteration, self.state.rank).to(image.device)
            z = reparameterize(mu, log_var, noise[0])
            images = network.decode(torch.cat([mu, z, noise[1]])).float().chunk(3)
        with torch.no_grad():
            kernel = network.kernel(z)
        self.state.output = {
            Keys.IMAGE: image,
            Keys.RECONSTRUCTION: images[0],
            Keys.SAMPLED: images[1],
            Keys.SAMPLES: images[2],
            Keys.MU: mu,
            Keys.LOG_VAR: log_var,
            Keys.Z: z,
            Keys.KERNEL: kernel,
        }
        engine.fire_event(IterationEvents.FORWARD_COMPLETED)
        engine.fire_event(IterationEvents.MODEL_COMPLETED)
        output: dict[Keys, Tensor | None] = self.state.output
        return output
