"""Numbers that users give are refused by name, rule and value."""

import math
import subprocess
import sys

import numpy as np
import pytest

from monai_blurvae.checks import check_at_least, check_in, check_integer, check_positive

NO_NUMBERS = ["1", "3e-4", None, True, [1], math.nan, math.inf]


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1.5])
def test_a_positive_number(value):
    check_positive(a=1, b=1e-9, c=np.float32(2), d=np.int64(3))
    with pytest.raises(ValueError, match="`C` must be positive and finite, got ") as error:
        check_positive(a=1, C=value)
    assert str(error.value).endswith(f"got {value!r}")


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1e-9])
def test_a_least_number(value):
    check_at_least(0, a=0, b=2.5)
    with pytest.raises(ValueError, match="`beta` must be a number of at least 0, got "):
        check_at_least(0, beta=value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 2, 3.0, 3.5])
def test_a_least_integer(value):
    check_integer(3, a=3, b=np.int64(4))
    with pytest.raises(ValueError, match="`rings` must be an integer of at least 3, got "):
        check_integer(3, rings=value)


def test_an_interval_has_its_ends_or_not():
    check_in("[0, 1)", a=0, b=0.5)
    check_in("(0, 1]", a=1)
    for interval, value in (("[0, 1)", 1), ("(0, 1]", 0), ("[0, 1]", 1.1), ("[0, 1]", "0.5")):
        with pytest.raises(ValueError, match="`decay` must be in ") as error:
            check_in(interval, decay=value)
        assert f"in {interval}, got {value!r}" in str(error.value)


REFUSED = """
from monai_blurvae.blur import FixedBlur, LeastSquaresBlur, MeasuredBlur
from monai_blurvae.losses import *
from monai_blurvae.losses import NegativeELBO
from monai_blurvae.networks import *
from monai_blurvae.training import *
from monai_blurvae.training.handlers import LearningRateDecay

loss = L2Loss()
model = make_model({"image_size": 16, "features": [4, 8], "latent_size": 5})
for name, call in {
    "C": lambda: WienerBlurLoss(C="a"),
    "floor": lambda: WienerBlurLoss(floor="1"),
    "epsilon": lambda: WienerBlurLoss(epsilon="0.5"),
    "scale": lambda: L1Loss(scale="3e-4"),
    "shape": lambda: RobustLoss(shape="1"),
    "tempering": lambda: SpectralLoss(tempering="0.5"),
    "knots": lambda: SpectralLoss(knots="12"),
    "max_ratio": lambda: SpectralLoss(max_ratio="2"),
    "alpha": lambda: FocalFrequencyLoss(alpha=None),
    "beta": lambda: NegativeELBO(loss, beta="1"),
    "variance": lambda: FixedBlur.gaussian("2", (3, 3)),
    "ridge": lambda: LeastSquaresBlur(ridge="0.1"),
    "kernel_size": lambda: LeastSquaresBlur(("3", "3")),
    "decay": lambda: MeasuredBlur(decay="0.98"),
    "spacing": lambda: MeasuredBlur(spacing=("1", "1")),
    "rings": lambda: MeasuredBlur(rings=True),
    "latent_size": lambda: Encoder(16, [4, 8], "5"),
    "channels": lambda: Decoder(16, [4, 8], 5, channels=0),
    "spatial_dims": lambda: Encoder(16, [4, 8], 5, spatial_dims="2"),
    "hidden_size": lambda: Decoder(16, [4, 8], 5, hidden_size=1.5),
    "image_size": lambda: Encoder("16", [4, 8], 5),
    "features": lambda: Encoder(16, [4, "8"], 5),
    "warmup_epochs": lambda: Objective(model, loss, warmup_epochs="2"),
    "max_epochs": lambda: VAETrainer("cpu", "ten", [], Objective(model, loss), []),
    "gradient_clip": lambda: VAETrainer("cpu", 1, [], Objective(model, loss), [], gradient_clip="1"),
    "learning_rate": lambda: LearningRateDecay([], "3e-4"),
}.items():
    try:
        call()
    except ValueError as error:
        assert str(error).startswith((f"`{name}` must be ", f"`{name}` must have odd sizes")), error
    else:
        raise AssertionError(name)
"""


def test_text_for_a_number_is_refused_wherever_a_user_gives_one():
    """In a process of its own: the annotations that the tests check would refuse it first."""
    done = subprocess.run([sys.executable, "-c", REFUSED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
