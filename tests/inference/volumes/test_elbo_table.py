import csv
import math

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.data import MetaTensor, list_data_collate

from monai_blurvae.functional import kl_divergence, reparameterize
from monai_blurvae.inference import SliceElboTable, brain_tiles, slice_positions
from monai_blurvae.losses import CrossEntropyLoss, L2Loss, WienerBlurLoss
from tests.inference.conftest import Means


@pytest.fixture
def image():
    volume = torch.rand(1, 14, 17, 4, generator=torch.Generator().manual_seed(0)) * 1.9 - 0.9
    volume[..., 2] = -1  # a slice without brain
    volume[:, :9, :, 1] = -1  # one with some
    affine = torch.diag(torch.tensor([1.0, 1.0, 2.0, 1.0], dtype=torch.float64))
    affine[2, 3] = 10
    return MetaTensor(volume, affine=affine, meta={"filename_or_obj": "sub-01.nii"})


def test_a_row_is_the_mean_over_the_slices_tiles_of_the_true_likelihood_and_kl(network, image, tmp_path):
    network.scale.fill_(0.3)
    loss = WienerBlurLoss()
    rows = SliceElboTable(network, loss, tmp_path / "elbo.csv", seed=4).slices(image)
    tiles = brain_tiles(image.as_tensor(), 8, 0.5, 0.5)
    noise = torch.randn(len(tiles.images), 5, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        mu, log_var = network.eval().encode(tiles.images)
        z = reparameterize(mu, log_var, noise)
        nll = loss.neg_log_likelihood(network.decode(z), tiles.images, 0.3, z)
        kl = kl_divergence(mu, log_var)
    assert [row.slice for row in rows] == sorted(set(tiles.slices.tolist()))
    for row in rows:
        own = tiles.slices == row.slice
        assert row.tiles == own.sum()
        assert row.nll == pytest.approx(nll[own].mean().item(), abs=2e-3)
        assert row.kl == pytest.approx(kl[own].mean().item(), abs=2e-3)
        assert row.elbo == pytest.approx(-(row.nll + row.kl), abs=2e-4)
        # method.md: bits = (nll + KL) / (D log 2) + log2(127.5)
        bits = -row.elbo / (64 * math.log(2)) + math.log2(127.5)
        assert row.bits_per_dimension == pytest.approx(bits, abs=1e-4)


def test_latents_may_be_feature_maps(image, tmp_path):
    rows = SliceElboTable(Means(), L2Loss(), tmp_path / "elbo.csv").slices(image)
    tiles = brain_tiles(image.as_tensor(), 8, 0.5, 0.5)
    mu, _ = Means().encode(tiles.images)
    squared = (tiles.images - Means().decode(mu)).square().sum(dim=(1, 2, 3))
    nll = 32 * math.log(2 * math.pi * 0.3**2) + squared / (2 * 0.3**2)
    kl = (mu.square() + math.exp(-60) - 1 + 60).sum(dim=(1, 2, 3)) / 2
    for row in rows:
        own = tiles.slices == row.slice
        assert row.nll == pytest.approx(nll[own].mean().item(), abs=2e-3)
        assert row.kl == pytest.approx(kl[own].mean().item(), abs=2e-3)


def test_slices_are_placed_in_millimetres_and_those_without_brain_left_out(network, image, tmp_path):
    rows = SliceElboTable(network, L2Loss(), tmp_path / "elbo.csv").slices(image)
    assert [(row.slice, row.position_mm) for row in rows] == [(0, 10), (1, 12), (3, 16)]
    assert rows[0].file == "sub-01.nii"
    assert rows[0].brain_share == 1
    assert rows[1].tiles < rows[0].tiles
    empty = MetaTensor(torch.full((1, 9, 9, 2), -1.0), affine=image.affine)
    assert SliceElboTable(network, L2Loss(), tmp_path / "elbo.csv").slices(empty) == []


@pytest.mark.parametrize("batch_size", [1, 5, 100])
def test_the_batch_size_and_other_volumes_change_nothing(network, image, tmp_path, batch_size):
    expected = SliceElboTable(network, L2Loss(), tmp_path / "a.csv").slices(image)
    table = SliceElboTable(network, L2Loss(), tmp_path / "b.csv", batch_size=batch_size)
    table.slices(image.flip(1))
    for row, other in zip(expected, table.slices(image), strict=True):
        assert row[:5] == other[:5]
        assert row[5:] == pytest.approx(other[5:], abs=1e-2)


def test_a_network_in_training_mode_is_judged_in_eval_and_left_in_training(network, image, tmp_path):
    table = SliceElboTable(network, L2Loss(), tmp_path / "elbo.csv")
    training = table.slices(image)
    assert network.training
    network.eval()
    assert table.slices(image) == training


def test_a_loss_without_a_likelihood_leaves_its_columns_empty(network, image, tmp_path):
    rows = SliceElboTable(network, CrossEntropyLoss(), tmp_path / "elbo.csv").slices(image)
    assert {(row.nll, row.elbo, row.bits_per_dimension) for row in rows} == {(None, None, None)}
    assert all(row.kl > 0 for row in rows)


@pytest.mark.parametrize("loss", [L2Loss(), CrossEntropyLoss()])
def test_the_file_has_one_line_a_slice_after_each_volume(network, image, tmp_path, loss):
    table = SliceElboTable(network, loss, tmp_path / "new" / "elbo.csv")
    engine = Engine(lambda _engine, batch: batch)
    engine.state.output = list_data_collate([{"image": image}])
    table(engine)
    with (tmp_path / "new" / "elbo.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == [
        *("file", "slice", "position_mm", "tiles", "brain_share"),
        *("nll", "kl", "elbo", "bits_per_dimension"),
    ]
    assert [line["slice"] for line in lines] == ["0", "1", "3"]
    assert (lines[0]["nll"] == "") is not loss.is_likelihood
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["elbo.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"overlap": 1.0}, r"`overlap` must be in \[0, 1\), got 1.0"),
        ({"min_brain": 1.5}, r"`min_brain` must be in \[0, 1\], got 1.5"),
        ({"batch_size": 0}, "`batch_size` must be an integer of at least 1, got 0"),
    ],
)
def test_an_argument_out_of_range_is_refused(network, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        SliceElboTable(network, L2Loss(), tmp_path / "elbo.csv", **arguments)


def test_a_rotation_of_the_scanner_keeps_the_positions():
    # the axis turns with the volume: distances along it stay
    angle = 0.3
    rotation = np.eye(4)
    rotation[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[:3, 3] = [3, 4, 5]
    volume = torch.zeros(1, 6, 4, 3)
    straight = slice_positions(MetaTensor(volume, affine=torch.tensor(affine)))
    turned = slice_positions(MetaTensor(volume, affine=torch.tensor(rotation @ affine)))
    np.testing.assert_allclose(straight, [5, 7, 9])
    np.testing.assert_allclose(turned, straight)
