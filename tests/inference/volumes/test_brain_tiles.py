import torch

from monai_blurvae.inference import brain_tiles


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


def test_tiles_without_brain_are_never_kept():
    tiles = brain_tiles(torch.full((1, 4, 4, 2), -1.0), tile_size=2, overlap=0, min_brain=0)
    assert tiles.images.shape == (0, 1, 2, 2)


def test_a_slice_smaller_than_a_tile_is_padded_with_background():
    tiles = brain_tiles(torch.zeros(1, 3, 2, 1), tile_size=4, overlap=0.5, min_brain=0.1)
    assert tiles.images.shape == (1, 1, 4, 4)
    assert (tiles.images == 0).sum() == 6
    assert (tiles.images == -1).sum() == 10
    assert tiles.shares.tolist() == [6 / 16]
