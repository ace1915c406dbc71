import pytest
import torch
from monai.data import MetaTensor

from monai_blurvae.inference import SliceTileInferer, brain_tiles


@pytest.fixture
def volume():
    return torch.rand(2, 1, 21, 30, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("overlap", [0, 0.25, 0.5, 0.75])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_an_identity_network_gives_the_volume_back(volume, overlap, batch_size):
    before = volume.clone()
    restored = SliceTileInferer(8, batch_size, overlap)(volume, torch.nn.Identity())
    torch.testing.assert_close(restored, before)  # a weighted mean of equal values
    assert torch.equal(volume, before)


def test_the_network_sees_whole_tiles_of_one_slice_in_batches(volume):
    for index in range(3):
        volume[..., index] = index / 4  # a slice is known by its value
    shapes, mixed = [], []

    def network(tiles):
        shapes.append(tuple(tiles.shape))
        mixed.append((tiles.amax((1, 2, 3)) - tiles.amin((1, 2, 3))).max())
        return tiles

    SliceTileInferer(8, batch_size=5)(volume, network)
    assert {shape[1:] for shape in shapes} == {(1, 8, 8)}
    assert max(shape[0] for shape in shapes) == 5
    assert max(mixed) == 0


def test_a_slice_smaller_than_a_tile_is_padded_with_background():
    volume = torch.zeros(1, 1, 5, 6, 2)
    seen = []

    def network(tiles):
        seen.append(tiles)
        return tiles * 0.5 + 0.25

    restored = SliceTileInferer(8)(volume, network)
    assert restored.shape == volume.shape
    torch.testing.assert_close(restored, torch.full_like(volume, 0.25))
    tiles = torch.cat(seen)
    assert tiles.shape == (2, 1, 8, 8)
    assert (tiles == 0).sum() == volume.numel()
    assert (tiles == -1).sum() == tiles.numel() - volume.numel()


def test_tiles_without_brain_never_reach_the_network_and_stay_exactly_background():
    volume = torch.full((1, 1, 32, 32, 2), -1.0)
    volume[..., :8, :8, 0] = 0.5

    def network(tiles):
        assert bool((tiles > -1).flatten(1).any(1).all())
        return torch.full_like(tiles, 0.3)

    restored = SliceTileInferer(8)(volume, network)
    assert torch.all(restored[..., 1] == -1)
    assert torch.all(restored[..., 16:, 16:, 0] == -1)
    torch.testing.assert_close(restored[..., 1, 1, 0], torch.full((1, 1), 0.3))


def test_overlapping_tiles_are_blended_with_the_centre_heavier_than_the_edge():
    volume = torch.zeros(1, 1, 8, 12, 1)
    calls = iter([0.0, 1.0])  # two tiles of one slice: columns 0 to 7 and 4 to 11
    restored = SliceTileInferer(8, batch_size=1)(volume, lambda tiles: torch.full_like(tiles, next(calls)))[
        0, 0, 4, :, 0
    ]
    assert torch.all(restored.diff()[3:8] > 0)  # rises over the overlap
    torch.testing.assert_close(restored[4:8] + restored[4:8].flip(0), torch.ones(4))  # symmetric
    assert restored[:4].abs().max() < 1e-6
    torch.testing.assert_close(restored[8:], torch.ones(4))


def test_the_meta_of_the_input_is_kept(volume):
    affine = torch.diag(torch.tensor([1.0, 2.0, 3.0, 1.0], dtype=torch.float64))
    restored = SliceTileInferer(8)(MetaTensor(volume, affine=affine), torch.nn.Identity())
    assert isinstance(restored, MetaTensor)
    torch.testing.assert_close(restored.affine, affine)


def test_an_image_without_slices_is_refused():
    with pytest.raises(ValueError, match="`inputs` must have 3 spatial axes after batch and channel, got 2"):
        SliceTileInferer(8)(torch.zeros(1, 1, 8, 8), torch.nn.Identity())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tile_size": 0}, "`tile_size` must be an integer of at least 1, got 0"),
        ({"tile_size": 8, "batch_size": 0}, "`batch_size` must be an integer of at least 1, got 0"),
        ({"tile_size": 8, "overlap": 1}, r"`overlap` must be in \[0, 1\), got 1"),
    ],
)
def test_an_argument_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SliceTileInferer(**arguments)


def test_without_overlap_every_pixel_is_in_one_tile():
    volume = torch.arange(4 * 6 * 2).reshape(1, 4, 6, 2) / 48
    tiles = brain_tiles(volume, tile_size=2, overlap=0, min_brain=0.5)
    assert tiles.images.shape == (2 * 3 * 2, 1, 2, 2)
    assert torch.equal(tiles.images.flatten().sort().values, volume.flatten())
    for image, index in zip(tiles.images, tiles.slices, strict=True):
        assert bool(torch.isin(image, volume[..., index]).all())


def test_overlapping_tiles_cover_the_slice_up_to_its_edge():
    # tiles of 4 every 2 pixels on 7: they begin at 0, 2 and, moved inwards, 3
    volume = torch.arange(7.0).reshape(1, 1, 7, 1).expand(1, 4, 7, 1) / 8
    tiles = brain_tiles(volume, tile_size=4, overlap=0.5, min_brain=0.5)
    assert (tiles.images[:, 0, 0, 0] * 8).tolist() == [0, 2, 3]


def test_only_tiles_with_enough_brain_are_kept_with_their_share():
    volume = torch.full((1, 2, 4, 3), -1.0)
    volume[:, :, :2, 0] = 0  # the left tile full
    volume[:, 0, :1, 1] = 0  # one pixel of four
    volume[:, 0, :, 2] = 0  # half of both tiles
    tiles = brain_tiles(volume, tile_size=2, overlap=0, min_brain=0.5)
    assert tiles.slices.tolist() == [0, 2, 2]
    assert tiles.shares.tolist() == [1, 0.5, 0.5]
    none = brain_tiles(torch.full((1, 4, 4, 2), -1.0), tile_size=2, overlap=0, min_brain=0)
    assert none.images.shape == (0, 1, 2, 2)


def test_a_slice_smaller_than_a_listed_tile_is_padded_with_background():
    tiles = brain_tiles(torch.zeros(1, 3, 2, 1), tile_size=4, overlap=0.5, min_brain=0.1)
    assert tiles.images.shape == (1, 1, 4, 4)
    assert (tiles.images == 0).sum() == 6
    assert (tiles.images == -1).sum() == 10
    assert tiles.shares.tolist() == [6 / 16]
