import json

import pytest
import torch
from ignite.engine import Engine

from monai_blurvae.keys import Keys
from monai_blurvae.metrics import Sharpness, Unavailable, psnr
from monai_blurvae.training.handlers import MeasuresFile


def images(n, seed=0):
    return torch.rand(n, 1, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture
def evaluate(tmp_path):
    def go(metrics, batches, **settings):
        engine = Engine(lambda _, batch: batch)
        for name, metric in metrics.items():
            metric.attach(engine, name)
        MeasuresFile(tmp_path / "test", metrics, **settings).attach(engine)
        engine.run(batches)
        return json.loads((tmp_path / "test" / "measures.json").read_text())

    return go


def test_every_measure_has_its_mean_and_where_it_is_one_an_image_its_deviation(evaluate):
    errors = torch.tensor([0.2, 0.02, 0.2, 0.02])  # 20 and 40 dB on [0, 1]
    image = images(4) * 0.5
    batch = {Keys.IMAGE: image, Keys.RECONSTRUCTION: image + errors.view(4, 1, 1, 1)}
    content = evaluate(
        {"psnr": psnr(), "sharpness": Sharpness(), "lpips": Unavailable("no weights")},
        [batch, batch],
        split="val",
    )
    assert (content["split"], content["images"]) == ("val", 8)
    assert content["measures"]["psnr"] == pytest.approx({"mean": 30.0, "std": 10.0}, rel=1e-5)
    assert content["measures"]["sharpness"]["mean"] == pytest.approx(1.0, rel=1e-4)  # a shift has no detail
    assert content["measures"]["sharpness"]["std"] is None
    assert content["measures"]["lpips"] == {"not_computed": "no weights"}


def test_what_is_not_finite_is_null(evaluate):
    batch = {Keys.IMAGE: images(2), Keys.RECONSTRUCTION: images(2)}  # infinitely many dB
    assert evaluate({"psnr": psnr()}, [batch])["measures"]["psnr"] == {"mean": None, "std": None}
