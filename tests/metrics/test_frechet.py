import numpy as np
import pytest
import scipy.linalg
import torch

from monai_blurvae.functional import byte_levels
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import FrechetDistance, NotComputed, Unavailable, fid
from tests.metrics.features import QuarterMeans


def frechet(a, b):
    """The closed form, with scipy's matrix square root."""
    covariances = [np.cov(features, rowvar=False) for features in (a, b)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    gap = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    return gap + np.trace(covariances[0] + covariances[1] - 2 * root)


@pytest.mark.parametrize("key", [Keys.RECONSTRUCTION, Keys.SAMPLES])
def test_the_distance_is_the_closed_form_of_two_gaussians(output, measure, key):
    def features(images):
        return QuarterMeans()(byte_levels(images).expand(-1, 3, -1, -1)).numpy()

    expected = frechet(features(output[Keys.IMAGE]), features(output[key]))
    assert measure(FrechetDistance(QuarterMeans(), key), output) == pytest.approx(expected, rel=1e-4)


def test_the_data_has_no_distance_to_itself(output, measure):
    same = {**output, Keys.SAMPLES: output[Keys.IMAGE].flip(0)}
    assert measure(FrechetDistance(QuarterMeans()), same) == pytest.approx(0, abs=1e-3)


def test_a_shift_alone_is_its_square_in_every_feature(output, measure):
    image = output[Keys.IMAGE] * 0.5
    shifted = {Keys.IMAGE: image, Keys.SAMPLES: image + 4 / 127.5}  # 4 levels in each of 4 features
    assert measure(FrechetDistance(QuarterMeans()), shifted) == pytest.approx(4 * 4**2, rel=1e-3)


def test_a_second_evaluation_starts_from_nothing(output, measure):
    metric = FrechetDistance(QuarterMeans())
    assert measure(metric, output) == measure(metric, output)


def test_colour_is_taken_as_it_is(output, measure):
    grey = measure(FrechetDistance(QuarterMeans()), output)
    colour = {key: output[key].repeat(1, 3, 1, 1) for key in (Keys.IMAGE, Keys.SAMPLES)}
    assert measure(FrechetDistance(QuarterMeans()), colour) == pytest.approx(grey)


def test_a_single_image_has_no_covariance(output, measure):
    one = {key: value[:1] for key, value in output.items()}
    value = measure(FrechetDistance(QuarterMeans()), one)
    assert value == NotComputed("at least two images are needed")


@pytest.mark.parametrize(
    ("spatial_dims", "channels", "reason"),
    [
        (3, 1, "2D images only"),
        (2, 2, "images of 1 or 3 channels only, these have 2"),
        (2, 1, "weights weights-inception-2015-12-05-6726825d.pth not found"),
    ],
)
def test_without_weights_or_fit_images_there_is_a_reason_and_no_number(
    spatial_dims, channels, reason, monkeypatch, tmp_path
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    metric = fid(Keys.SAMPLES, spatial_dims, channels)
    assert isinstance(metric, Unavailable)
    assert reason in metric.compute().reason


def test_a_damaged_weight_file_gives_a_reason_and_no_number(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "weights-inception-2015-12-05-6726825d.pth").write_bytes(b"no weights")
    before = torch.random.get_rng_state()
    assert "could not be loaded" in fid(Keys.SAMPLES, 2, 1).compute().reason
    assert torch.equal(torch.random.get_rng_state(), before)
