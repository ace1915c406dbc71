"""A validation at the end of a run whose last epoch the interval passes over."""

from ignite.engine import Engine, Events
from monai.engines import Evaluator


class FinalValidation:
    """Validate after the last epoch, unless it is one that `ValidationHandler` validates anyway.

    So every run ends with weights chosen, metrics and a picture.

    Args:
        validator: the evaluator.
        interval: epochs between the validations of the `ValidationHandler` beside this.
    """

    def __init__(self, validator: Evaluator, interval: int) -> None:
        self.validator = validator
        self.interval = interval

    def attach(self, engine: Engine) -> None:
        """Watch a trainer.

        Args:
            engine: the trainer.
        """
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Validate, if this is the last epoch and not yet validated.

        Args:
            engine: the trainer at the end of an epoch.
        """
        epoch = engine.state.epoch
        if epoch == engine.state.max_epochs and epoch % self.interval:
            self.validator.run(epoch)
