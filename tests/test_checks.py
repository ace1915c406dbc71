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


REFUSED = r"""
import math
import re
import torch
from torch import nn
from monai.networks.nets import AutoencoderKL
from monai_blurvae.blur import FixedBlur, LeastSquaresBlur, MeasuredBlur
from monai_blurvae.losses import *
from monai_blurvae.losses import NegativeELBO
from monai_blurvae.networks import *
from monai_blurvae.mri import *
from monai_blurvae.priors import *
from monai_blurvae.training import *
from monai_blurvae.training.handlers import LearningRateDecay

loss = L2Loss()
model = make_model({"image_size": 16, "features": [4, 8], "latent_size": 5})
kl = AutoencoderKL(2, 1, 1, (1, 1), (4, 4), (False, False), norm_num_groups=2)
x, mu = torch.zeros(1, 1, 4, 4), torch.zeros(1, 2)
E, y = CartesianEncoding(torch.ones(4, 4)), torch.ones(1, 1, 4, 4) + 0j
prior, nan = VAEPrior(model, loss), math.nan
more = [
    *(("blur", lambda blur=blur: WienerBlurLoss(blur)) for blur in (3, None, nn.Identity())),
    ("loss", lambda: NegativeELBO(nn.MSELoss())),
    *(("sigma", lambda s=s: NegativeELBO(loss)(x, x, mu, sigma=mu + s)) for s in (0, -1, nan)),
    ("sigma", lambda: NegativeELBO(loss)(x, x, mu, sigma=torch.ones(1, 3))),
    ("scale", lambda: L2Loss(scale=True)),
    ("kernel_size", lambda: make_loss({"kernel_size": 4})),
    ("spacing", lambda: MeasuredBlur(spacing=1)),
    ("autoencoder", lambda: AutoencoderKLModel(nn.Linear(1, 1), 16)),
    *(("image_size", lambda size=size: AutoencoderKLModel(kl, size)) for size in ("16", 0)),
    ("norm_groups", lambda: make_model({"kind": "autoencoder_kl", "norm_groups": 0})),
    ("weight", lambda: CGSense("1")),
    ("iterations", lambda: CGSense(iterations=-1)),
    ("tolerance", lambda: CGSense(tolerance=nan)),
    ("phase_width", lambda: TotalVariation(phase_width="8")),
    ("mask", lambda: CartesianEncoding("a")),
    ("coil_maps", lambda: CartesianEncoding(torch.ones(4, 4), "a")),
    ("y", lambda: CGSense().reconstruct("a", E)),
    ("start", lambda: CGSense().reconstruct(y, E, start="a")),
    ("mask", lambda: CGSense().reconstruct(y, E, mask="a")),
    *(("noise_std", lambda s=s: CGSense().reconstruct(y, E, noise_std=s)) for s in ("1", nan)),
    ("iterations", lambda: JointMAP(prior, iterations=1.5)),
    ("weight", lambda: JointMAP(prior, weight="3e-4")),
    ("tolerance", lambda: JointMAP(prior, tolerance="0")),
    ("settings", lambda: JointMAP(prior, settings={})),
    ("mask", lambda: JointMAP(prior).model(y, "a")),
    ("chunk", lambda: SliceSettings(chunk="256")),
    ("phase_precision", lambda: SliceSettings(phase_precision="1e4")),
    ("percentile", lambda: SliceSettings(percentile="99")),
    *(("stride", lambda stride=stride: SliceSettings(stride)) for stride in (4, ("a", "b"))),
]
for name, call in [*more, *{
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
}.items()]:
    try:
        call()
    except ValueError as error:
        rules = ("be ", "have odd sizes", "have the shape")
        assert re.match(rf"`(model\.|loss\.)?{name}(\[\d\])?` must ({'|'.join(rules)})", str(error)), error
    else:
        raise AssertionError(name)
"""


def test_text_for_a_number_is_refused_wherever_a_user_gives_one():
    """In a process of its own: the annotations that the tests check would refuse it first."""
    done = subprocess.run([sys.executable, "-c", REFUSED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
