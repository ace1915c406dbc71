import io

import numpy as np
from PIL import Image

from experiments.anomaly.figure import anomaly_figure
from tests.experiments.anomaly.anomalies import make_model, make_volume, study


def drawn(judged):
    with Image.open(io.BytesIO(anomaly_figure(judged))) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def cyan(pixels):
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return int(((red < 60) & (green > 180) & (blue > 180)).sum())


def test_a_column_a_corruption_and_an_outline_for_lesions_alone():
    clean, lesion, inverted = study(make_model()).judge("sub-1", make_volume())
    two, three = drawn([clean, inverted]), drawn([clean, lesion, inverted])
    assert three.shape[1] > two.shape[1]
    assert cyan(two) == 0
    assert cyan(three) > 20
