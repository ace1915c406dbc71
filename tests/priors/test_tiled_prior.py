import pytest
import torch
from torch.autograd import gradcheck

from monai_blurvae.priors import PatchTiling, TiledPrior
from tests.priors.conftest import SIZE, images

PATCH = (SIZE, SIZE)


def test_patches_that_do_not_overlap_add_up(prior):
    x = images(2, 16, 8)
    tiled = TiledPrior(prior, PatchTiling(PATCH, PATCH))
    torch.testing.assert_close(tiled.log_prob(x), prior.log_prob(x[:, :, :8]) + prior.log_prob(x[:, :, 8:]))


def test_with_the_mean_every_pixel_counts_once(prior):
    x = images(1).repeat(1, 1, 2, 2)  # periodic: every grid shifted by whole patches sees the same
    once = TiledPrior(prior, PatchTiling(PATCH, PATCH)).energy(x)
    torch.testing.assert_close(once, 4 * prior.energy(images(1)))
    mean = TiledPrior(prior, PatchTiling(PATCH, (4, 4))).energy(x)
    patches = PatchTiling(PATCH, (4, 4)).extract(x)[0]
    torch.testing.assert_close(4 * mean, prior.energy(patches).sum()[None])


@pytest.mark.parametrize("padding", ["wrap", "reflect"])
def test_the_energy_does_not_depend_on_the_chunk(prior, padding):
    x, tiling = images(2, 13, 11), PatchTiling(PATCH, (3, 5), padding)
    one, many = TiledPrior(prior, tiling, chunk=1), TiledPrior(prior, tiling, chunk=7)
    one.offset = many.offset = (2, 1)
    torch.testing.assert_close(one.energy(x), many.energy(x))
    torch.testing.assert_close(one.grad(x), many.grad(x))


@pytest.mark.parametrize("padding", ["wrap", "reflect"])
def test_the_gradient_is_the_total_derivative(prior, padding):
    tiled = TiledPrior(prior, PatchTiling(PATCH, (4, 6), padding), chunk=2)
    tiled.offset = (1, 2)
    x = images(2, 9, 10).requires_grad_()
    assert gradcheck(tiled.energy, x, fast_mode=True)
    (expected,) = torch.autograd.grad(tiled.energy(x).sum(), x)
    torch.testing.assert_close(tiled.grad(x), expected)


def test_a_wrapped_grid_moves_with_the_image(prior):
    x, tiled = images(1, 16, 12), TiledPrior(prior, PatchTiling(PATCH, (4, 4)))
    expected = tiled.energy(x)
    tiled.offset = (3, 1)
    torch.testing.assert_close(tiled.energy(x.roll((3, 1), (2, 3))), expected)


def test_only_patches_with_enough_brain_count(prior):
    x, mask = images(2, 16, 8), torch.zeros(16, 8, dtype=torch.bool)
    mask[:8] = True
    mask[8:11] = True  # 3 of 8 rows of the lower patch
    tiled = TiledPrior(prior, PatchTiling(PATCH, PATCH), mask=mask)
    torch.testing.assert_close(tiled.energy(x), prior.energy(x[:, :, :8]))
    gradient = tiled.grad(x)
    torch.testing.assert_close(gradient[:, :, :8], prior.grad(x[:, :, :8]))
    assert (gradient[:, :, 8:] == 0).all()
    projected = tiled.project(x)
    torch.testing.assert_close(projected[:, :, :8], prior.project(x[:, :, :8]))
    assert torch.equal(projected[:, :, 8:], x[:, :, 8:])


def test_a_mask_may_differ_from_image_to_image(prior):
    x, mask = images(2, 8, 16), torch.zeros(2, 1, 8, 16)
    mask[0, :, :, :8] = mask[1, :, :, 8:] = 1
    tiled = TiledPrior(prior, PatchTiling(PATCH, PATCH), mask=mask)
    expected = torch.cat([prior.energy(x[:1, :, :, :8]), prior.energy(x[1:, :, :, 8:])])
    torch.testing.assert_close(tiled.energy(x), expected)


def test_without_any_brain_nothing_counts(prior):
    x = images(1, 16, 16)
    tiled = TiledPrior(prior, PatchTiling(PATCH), mask=torch.zeros(16, 16))
    energy, gradient = tiled.energy_and_grad(x)
    assert torch.equal(energy, tiled.energy(x))
    assert (energy == 0).all()
    assert (gradient == 0).all()
    assert torch.equal(tiled.project(x), x)


def test_the_projection_is_the_mean_of_the_patches(prior):
    x, tiling = images(1, 10, 12), PatchTiling(PATCH, (2, 4))
    patches = torch.stack([prior.project(patch[None])[0] for patch in tiling.extract(x)[0]])
    torch.testing.assert_close(
        TiledPrior(prior, tiling).project(x), tiling.aggregate(patches[None], (10, 12))
    )


def test_arguments_out_of_range_are_refused(prior):
    with pytest.raises(ValueError, match="`chunk` must be an integer of at least 1, got 0"):
        TiledPrior(prior, PatchTiling(PATCH), chunk=0)
    with pytest.raises(ValueError, match=r"`min_share` must be in \[0, 1\], got 2"):
        TiledPrior(prior, PatchTiling(PATCH), min_share=2)
    with pytest.raises(ValueError, match=r"`mask` must have the slices' size, \(9, 9\)"):
        TiledPrior(prior, PatchTiling(PATCH), mask=torch.ones(8, 8)).energy(images(1, 9, 9))
