import pytest
import torch
from torch.nn.functional import fold, unfold

from monai_blurvae.priors import PatchTiling
from tests.priors.conftest import images

GRIDS = [((4, 4), (2, 2)), ((4, 4), (4, 4)), ((4, 6), (3, 5)), ((5, 3), (1, 3)), ((7, 9), (7, 9))]
OFFSETS = [(0, 0), (1, 0), (2, 3), (-1, 8)]
grids = pytest.mark.parametrize(("patch", "stride"), GRIDS)
offsets = pytest.mark.parametrize("offset", OFFSETS)
paddings = pytest.mark.parametrize("padding", ["wrap", "reflect"])


@grids
@offsets
@paddings
def test_cutting_has_an_adjoint_and_the_mean_over_patches_is_the_image(patch, stride, offset, padding):
    tiling, x = PatchTiling(patch, stride, padding), images(2, 9, 10)
    patches = tiling.extract(x, offset)
    p = torch.randn(patches.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    torch.testing.assert_close((patches * p).sum(), (x * tiling.adjoint(p, (9, 10), offset)).sum())
    torch.testing.assert_close(tiling.aggregate(tiling.extract(x, offset), (9, 10), offset), x)


def test_complex_images_are_cut_and_put_together():
    tiling, x = PatchTiling((4, 4), (2, 3)), images(2, 9, 10) + 1j
    torch.testing.assert_close(tiling.aggregate(tiling.extract(x), (9, 10)), x)


def test_off_the_borders_patches_are_those_of_unfold():
    x = images(2, 8, 12)
    oracle = unfold(x, (4, 4), stride=4).transpose(1, 2).unflatten(2, (1, 4, 4))
    for padding in ("wrap", "reflect"):
        torch.testing.assert_close(PatchTiling((4, 4), (4, 4), padding).extract(x), oracle)


def test_a_mirrored_grid_within_the_image_adds_up_as_fold_does():
    tiling, x = PatchTiling((4, 4), (2, 2), "reflect"), images(1, 8, 10)
    patches = tiling.extract(x)
    oracle = fold(patches.flatten(2).transpose(1, 2), (8, 10), (4, 4), stride=2)
    torch.testing.assert_close(tiling.adjoint(patches, (8, 10)), oracle)


def test_over_the_border_a_patch_sees_the_other_side_or_the_mirror():
    x = torch.arange(6.0).expand(1, 1, 4, 6)
    wrapped = PatchTiling((4, 4), (4, 4), "wrap").extract(x, (0, 3))
    assert wrapped[0, 0, 0, 0].tolist() == [3, 4, 5, 0]
    mirrored = PatchTiling((4, 4), (4, 4), "reflect").extract(x, (0, 3))
    assert mirrored[0, 0, 0, 0].tolist() == [1, 0, 1, 2]
    assert mirrored[0, -1, 0, 0].tolist() == [3, 4, 5, 4]


def test_wrapped_patches_cover_every_pixel_equally_often():
    tiling = PatchTiling((4, 6), (2, 3))
    assert (tiling.coverage((8, 9), (1, 2)) == 4).all()


def test_offsets_are_drawn_from_all_shifts_of_the_grid():
    tiling, generator = PatchTiling((4, 6), (2, 3)), torch.Generator().manual_seed(0)
    drawn = {tiling.random_offset(generator) for _ in range(200)}
    assert drawn == {(row, column) for row in range(2) for column in range(3)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"patch_size": (4,)}, r"`patch_size` must be two positive sizes, one per axis, got \(4,\)"),
        ({"stride": (5, 4)}, r"`stride` must lie between 1 and the patch's \(4, 4\), got \(5, 4\)"),
        ({"padding": "zero"}, "`padding` must be .* got 'zero'"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        PatchTiling(**{"patch_size": (4, 4), **arguments})
    with pytest.raises(ValueError, match=r"sides of at least \(4, 4\) pixels, got \(3, 9\)"):
        PatchTiling((4, 4)).extract(images(1, 3, 9))
    assert PatchTiling((8, 6)).stride == (4, 3)  # half a patch, unless given
