"""Refit the likelihood's scale on training data before every validation."""

from collections.abc import Iterable, Mapping
from typing import Any

from ignite.engine import Engine, Events

from monai_blurvae.losses import ReconstructionLoss
from monai_blurvae.networks import LatentModel
from monai_blurvae.training import fit_scale


class ScaleFit:
    """Set `network.scale` when a validation starts: likelihoods and saved weights carry a fitted scale.

    Args:
        network: the network.
        loss: the reconstruction term.
        loader: a few batches of training data; the same in every process.
        seed: seed of the latent noise.
        amp: autocast to bfloat16.
    """

    def __init__(
        self,
        network: LatentModel,
        loss: ReconstructionLoss,
        loader: Iterable[Mapping[str, Any]],
        seed: int = 0,
        amp: bool = False,
    ) -> None:
        self.network, self.loss, self.loader, self.seed, self.amp = network, loss, loader, seed, amp

    def attach(self, engine: Engine) -> None:
        """Fit when a validation starts.

        Args:
            engine: the evaluator.
        """
        engine.add_event_handler(Events.STARTED, self)

    def __call__(self, _: Engine) -> None:
        """Fit the scale.

        Args:
            _: the evaluator.
        """
        fit_scale(self.network, self.loss, self.loader, seed=self.seed, amp=self.amp)
