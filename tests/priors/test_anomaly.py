import math

import pytest
import torch

from monai_blurvae.losses import CrossEntropyLoss, L1Loss, L2Loss, RobustLoss, SpectralLoss, WienerBlurLoss
from monai_blurvae.priors import PatchStrangeness
from tests.priors.conftest import SIZE, images


def everywhere(x):
    return torch.ones_like(x, dtype=torch.bool)


@pytest.mark.parametrize("loss", [WienerBlurLoss("network"), L2Loss(), L1Loss(), SpectralLoss()], ids=repr)
def test_one_patch_has_the_priors_elbo_and_the_likelihoods_residual(make_prior, loss):
    prior, x = make_prior(loss), images(3)
    found = PatchStrangeness(prior)(x, everywhere(x))
    x_hat, z = prior.project(x), prior.network.encode(x)[0]
    torch.testing.assert_close(found.neg_elbo[:, 0] * SIZE**2, prior.energy(x))
    error = prior.loss.likelihood_energy(x_hat, x, z).error / prior.network.scale**loss.exponent
    torch.testing.assert_close(found.whitened_map.flatten(1).sum(dim=1), error)
    torch.testing.assert_close(found.error_map, (x - x_hat).square())
    torch.testing.assert_close(found.squared_error[:, 0], found.error_map.flatten(1).mean(dim=1))


def test_for_l2_the_whitened_residual_is_the_error_over_the_variance(make_prior):
    prior, x = make_prior(L2Loss()), images(2, 13, 18)
    found = PatchStrangeness(prior)(x, everywhere(x))
    torch.testing.assert_close(found.whitened_map, found.error_map / prior.network.scale**2)


def test_maps_are_means_over_the_patches_that_a_pixel_lies_in(make_prior):
    prior, x = make_prior(), images(1, SIZE, 12)
    found = PatchStrangeness(prior, overlap=0.5)(x, everywhere(x))
    left, right = (
        x[..., start : start + SIZE] - prior.project(x[..., start : start + SIZE]) for start in (0, 4)
    )
    assert found.neg_elbo.shape == (1, 2)
    torch.testing.assert_close(found.error_map[..., :4], left[..., :4].square())
    both = (left[..., 4:].square() + right[..., :4].square()) / 2
    torch.testing.assert_close(found.error_map[..., 4:8], both)


def test_slices_of_any_size_are_framed_by_background(prior):
    x = images(1, 5, 11)
    framed = torch.full((1, 1, SIZE, 12), -1.0, dtype=x.dtype)
    framed[:, :, 1:6, :11] = x
    brain = torch.zeros_like(framed, dtype=torch.bool)
    brain[:, :, 1:6, :11] = True
    judge = PatchStrangeness(prior)
    small, large = judge(x, everywhere(x)), judge(framed, brain)
    torch.testing.assert_close(small.neg_elbo, large.neg_elbo)
    torch.testing.assert_close(small.whitened_map, large.whitened_map[:, :, 1:6, :11])


def test_neither_the_batch_nor_the_chunk_matters(prior):
    x = images(3, 12, 16)
    brain = everywhere(x)
    brain[1, :, :, 8:] = False
    together = PatchStrangeness(prior, chunk=2)(x, brain)
    for i in range(3):
        alone = PatchStrangeness(prior)(x[i : i + 1], brain[i : i + 1])
        for ours, theirs in zip(together, alone, strict=True):
            torch.testing.assert_close(ours[i : i + 1], theirs, equal_nan=True)


def test_patches_without_enough_brain_do_not_count_and_their_pixels_are_unknown(prior):
    x, brain = images(1, SIZE, 2 * SIZE), torch.zeros(1, 1, SIZE, 2 * SIZE, dtype=torch.bool)
    brain[..., :SIZE] = True
    brain[..., SIZE : SIZE + 3] = True  # 3 of 8 columns
    found = PatchStrangeness(prior, overlap=0)(x, brain)
    assert found.neg_elbo.isfinite().tolist() == [[True, False]]
    assert found.squared_error.isfinite().tolist() == [[True, False]]
    for values in (found.whitened_map, found.error_map, found.bias_map):
        assert values[..., :SIZE].isfinite().all()
        assert values[..., SIZE:].isnan().all()


def test_a_slice_without_enough_brain_anywhere_is_refused(prior):
    x = images(2, 16, 16)
    brain = everywhere(x)
    brain[1] = False
    with pytest.raises(ValueError, match=r"`brain` must fill 0\.5 of at least one patch of every slice"):
        PatchStrangeness(prior)(x, brain)


@pytest.mark.parametrize(
    ("loss", "energy"), [(CrossEntropyLoss(), "objective"), (L2Loss(), "objective"), (RobustLoss(), "elbo")]
)
def test_a_model_without_elbo_or_scale_is_refused(make_prior, loss, energy):
    with pytest.raises(
        ValueError, match="`prior` must have the ELBO for energy and a likelihood with a scale"
    ):
        PatchStrangeness(make_prior(loss, energy=energy))


@pytest.mark.parametrize("overlap", [-0.1, 1, math.nan])
def test_an_overlap_out_of_range_is_refused(prior, overlap):
    with pytest.raises(ValueError, match=r"`overlap` must be in \[0, 1\), got"):
        PatchStrangeness(prior, overlap=overlap)


def test_a_width_that_is_not_positive_is_refused(prior):
    with pytest.raises(ValueError, match="`smoothing` must be positive, got 0"):
        PatchStrangeness(prior, smoothing=0)
