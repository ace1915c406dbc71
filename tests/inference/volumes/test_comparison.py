import io
import math

import torch
from ignite.engine import Engine
from matplotlib.image import imread
from monai.data import MetaTensor
from monai.engines.utils import IterationEvents

from monai_blurvae.inference import VolumeComparison
from monai_blurvae.keys import Keys


def volume(number):
    values = torch.full((1, 1, 6, 5, 3), -1.0)
    values[..., 1:5, 1:4, 1] = 0.2  # the slice with most brain
    values[..., 2, 2, 0] = 0.2
    return MetaTensor(values, meta={"filename_or_obj": [f"data/sub-{number:02d}.nii.gz"]})


def run(handler, count, extra=None):
    def step(engine, image):
        engine.state.output = {
            Keys.IMAGE: image,
            Keys.RECONSTRUCTION: image.as_tensor() + 0.1,
            **(extra or {}),
        }
        engine.fire_event(IterationEvents.FORWARD_COMPLETED)
        return engine.state.output

    engine = Engine(step)
    engine.register_events(*IterationEvents)
    handler.attach(engine)
    engine.run([volume(number) for number in range(count)])


def test_each_volume_has_a_line_and_the_first_ones_a_row(tmp_path):
    stream = io.StringIO()
    handler = VolumeComparison(tmp_path / "comparison.png", stream)
    run(handler, 10)
    psnr = 10 * math.log10(4 / 0.01)
    lines = stream.getvalue().splitlines()
    assert lines[1] == f"volume 2 of 10: sub-01.nii.gz, PSNR in the brain {psnr:.2f} dB"
    assert len(lines) == 10
    assert [row.name for row in handler.rows] == [f"sub-{number:02d}.nii.gz" for number in range(8)]
    torch.testing.assert_close(handler.rows[0].image, volume(0)[0, 0, ..., 1].as_tensor())


def test_the_picture_grows_by_a_row_per_volume(tmp_path):
    heights = []
    for count in (1, 3):
        run(VolumeComparison(tmp_path / "comparison.png", io.StringIO()), count)
        heights.append(imread(tmp_path / "comparison.png").shape[0])
    assert heights == [250, 750]


def test_an_anomaly_map_has_a_column_of_its_own(tmp_path):
    widths = []
    for extra in ({}, {Keys.ANOMALY: torch.ones(1, 1, 6, 5, 3)}):
        run(VolumeComparison(tmp_path / "comparison.png", io.StringIO()), 1, extra)
        widths.append(imread(tmp_path / "comparison.png").shape[1])
    assert widths == [720, 960]
