"""Every run ends with a validation, and none has two."""

import pytest
from ignite.engine import Engine
from monai.handlers import ValidationHandler

from monai_blurvae.training.handlers import FinalValidation


class Validator(Engine):
    """Notes the epochs it validates."""

    def __init__(self):
        super().__init__(lambda *_: None)
        self.epochs = []

    def run(self, epoch):
        self.epochs.append(epoch)


@pytest.mark.parametrize(("interval", "expected"), [(1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (5, [5]), (9, [5])])
def test_the_last_epoch_is_validated_once(interval, expected):
    trainer, validator = Engine(lambda *_: None), Validator()
    handler = ValidationHandler(interval=interval, validator=None)
    handler.validator = validator
    handler.attach(trainer)
    FinalValidation(validator, interval).attach(trainer)
    trainer.run([0], max_epochs=5)
    assert validator.epochs == expected
