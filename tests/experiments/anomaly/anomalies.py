"""A study of one tiny model and two kinds of damage."""

import numpy as np
import torch

from experiments.anomaly import AnomalyStudy, Corrupted, Lesion
from monai_blurvae.losses import L2Loss
from monai_blurvae.priors import PatchStrangeness, VAEPrior
from tests.priors.conftest import small_network


class Inverted:
    """Damage without a place."""

    def __str__(self):
        return "inverted"

    def __call__(self, images, brain, seeds):
        return Corrupted(torch.where(brain, -images, -1), brain)


def make_model():
    loss = L2Loss()
    return PatchStrangeness(VAEPrior(small_network(loss), loss))


def make_volume():
    rng = np.random.default_rng(0)
    volume = np.zeros((7, 20, 24), dtype=np.uint8)
    volume[1:6, 2:18, 3:21] = rng.integers(60, 120, (5, 16, 18))
    return volume


def study(model, **arguments):
    settings = {"corruptions": [Lesion(6, 0.5), Inverted()], "slices": 2} | arguments
    return AnomalyStudy({"model": model, "other": None}, **settings)


def rows_of(study, volume, subject="sub-1"):
    return [row for judged in study.judge(subject, volume) for row in study.rows(subject, judged)]
