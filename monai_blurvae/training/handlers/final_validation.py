"""A validation after the last epoch, when the interval passes over it."""

from ignite.engine import Engine
from monai.engines import Evaluator
from typing_extensions import override

from monai_blurvae.training.handlers.base import Handler


class FinalValidation(Handler):
    """Validate after the last epoch, unless `ValidationHandler` does so anyway.

    So every run ends with chosen weights, metrics and a picture.

    Args:
        validator: The evaluator.
        interval: Epochs between the validations of the `ValidationHandler` beside this one.
    """

    def __init__(self, validator: Evaluator, interval: int) -> None:
        self.validator = validator
        self.interval = interval

    @override
    def __call__(self, engine: Engine) -> None:
        epoch = engine.state.epoch
        if epoch == engine.state.max_epochs and epoch % self.interval:
            self.validator.run(epoch)
