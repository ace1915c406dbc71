import re
from functools import partial

import pytest
import torch

from monai_blurvae.functional import bits_per_dimension
from monai_blurvae.losses import L2Loss, RobustLoss
from monai_blurvae.networks import PixelScale
from monai_blurvae.priors import VAEPrior
from monai_blurvae.workflow import read_pixel_scale, write_pixel_scale
from tests.priors.conftest import images, small_network

LOSS = L2Loss()
TRAIN = [{"image": images(4, seed=seed).float()} for seed in range(3)]
VAL = [{"image": images(3, seed=seed).float()} for seed in (7, 8)]


def fit_beside(folder, loss=LOSS, pixel_scale=None, **settings):
    """Fit beside a model's weights in a folder."""
    network = small_network(loss)
    torch.save(network.state_dict(), folder / "model.pt")
    torch.manual_seed(0)
    scales = PixelScale(features=3) if pixel_scale is None else pixel_scale
    return write_pixel_scale(network, loss, TRAIN, VAL, scales, folder / "model.pt", 0.02, **settings)


@pytest.fixture
def write(tmp_path):
    return partial(fit_beside, tmp_path)


def test_what_is_written_is_what_is_read(write, tmp_path):
    pixel_scale = PixelScale(features=5)
    assert write(pixel_scale=pixel_scale) == tmp_path / "pixel_scale.pt"
    read = read_pixel_scale(tmp_path / "model.pt")
    x = images(2).float()
    torch.testing.assert_close(read(x), pixel_scale(x))
    assert not read.training


def test_it_says_what_one_scale_and_many_cost_on_validation_patches(write, capsys):
    path = write()
    printed = capsys.readouterr().out
    expected = []
    for scales in (None, read_pixel_scale(path.with_name("model.pt"))):
        prior = VAEPrior(small_network(LOSS), LOSS, pixel_scale=scales)
        energies = torch.cat([prior.energy(batch["image"]) for batch in VAL])
        expected.append(bits_per_dimension(energies, 64).mean().item())
    said = re.search(r"validation patches: ([\d.]+) bits .* one scale, ([\d.]+) with", printed).groups()
    assert [float(number) for number in said] == pytest.approx(expected, abs=1e-3)
    assert str(path) in printed


def test_a_loss_without_a_scale_is_refused(write, tmp_path):
    with pytest.raises(ValueError, match="`loss` must be a likelihood with a scale, got RobustLoss"):
        write(RobustLoss())
    assert list(tmp_path.iterdir()) == [tmp_path / "model.pt"]


def test_one_of_other_channels_is_refused(write, tmp_path):
    write()
    with pytest.raises(ValueError, match="wanted"):
        read_pixel_scale(tmp_path / "model.pt", channels=3)
