"""Handlers of validations: fit the scale before each one, and validate after the last epoch."""

from collections.abc import Iterable, Mapping
from typing import Any

from ignite.engine import Engine, Events
from monai.engines import Evaluator
from typing_extensions import override

from monai_blurvae.losses import ReconstructionLoss
from monai_blurvae.networks import LatentModel
from monai_blurvae.training import fit_scale
from monai_blurvae.training.handlers.base import Handler


class ScaleFit(Handler):
    """Set `network.scale` when a validation starts: likelihoods and saved weights need a fitted scale.

    Args:
        network: the network.
        loss: the reconstruction term.
        loader: a few batches of training data; the same in every process.
        seed: seed of the latent noise.
        amp: whether to autocast to bfloat16.
    """

    event = Events.STARTED

    def __init__(
        self,
        network: LatentModel,
        loss: ReconstructionLoss,
        loader: Iterable[Mapping[str, Any]],
        seed: int = 0,
        amp: bool = False,
    ) -> None:
        self.network, self.loss, self.loader, self.seed, self.amp = network, loss, loader, seed, amp

    @override
    def __call__(self, _: Engine) -> None:
        fit_scale(self.network, self.loss, self.loader, seed=self.seed, amp=self.amp)


class FinalValidation(Handler):
    """Validate after the last epoch, unless `ValidationHandler` does so anyway.

    So every run ends with chosen weights, metrics and a picture.

    Args:
        validator: the evaluator.
        interval: epochs between the validations of the `ValidationHandler` beside this one.
    """

    def __init__(self, validator: Evaluator, interval: int) -> None:
        self.validator = validator
        self.interval = interval

    @override
    def __call__(self, engine: Engine) -> None:
        epoch = engine.state.epoch
        if epoch == engine.state.max_epochs and epoch % self.interval:
            self.validator.run(epoch)
