import csv
import io

import numpy as np
import pytest
from PIL import Image

from experiments.anomaly import write_anomalies
from experiments.anomaly.write import anomaly_figure
from experiments.report.figures import png
from tests.experiments.anomaly.anomalies import make_model, make_volume, rows_of, study


class Volumes(list):
    def __init__(self, paths, volumes):
        super().__init__(volumes)
        self.paths = paths


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def volume():
    return make_volume()


def test_the_table_and_the_picture_are_written(model, volume, tmp_path):
    volumes = Volumes([tmp_path / "sub-1_T1w.nii.gz", tmp_path / "sub-2_T1w.nii.gz"], [volume, volume])
    path = write_anomalies(study(model), volumes, tmp_path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = rows_of(study(model), volume, "sub-1") + rows_of(study(model), volume, "sub-2")
    assert rows == [{name: "" if v is None else str(v) for name, v in row.items()} for row in wanted]
    with Image.open(tmp_path / "anomaly.png") as picture:
        assert picture.width > 300


def drawn(judged):
    with Image.open(io.BytesIO(png(anomaly_figure(judged)))) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def cyan(pixels):
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return int(((red < 60) & (green > 180) & (blue > 180)).sum())


def test_the_figure_has_a_column_for_each_corruption_and_an_outline_only_for_lesions(model, volume):
    clean, lesion, inverted = study(model).judge("sub-1", volume)
    two, three = drawn([clean, inverted]), drawn([clean, lesion, inverted])
    assert three.shape[1] > two.shape[1]
    assert cyan(two) == 0
    assert cyan(three) > 20
