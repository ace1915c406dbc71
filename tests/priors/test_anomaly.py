import math

import pytest
import torch

from monai_blurvae.losses import CrossEntropyLoss, L1Loss, L2Loss, RobustLoss, SpectralLoss, WienerBlurLoss
from monai_blurvae.priors import PatchStrangeness, local_bias, mean_of_highest
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
    if isinstance(loss, L2Loss):
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


@pytest.mark.parametrize(
    ("loss", "energy"), [(CrossEntropyLoss(), "objective"), (L2Loss(), "objective"), (RobustLoss(), "elbo")]
)
def test_a_model_without_elbo_or_scale_is_refused(make_prior, loss, energy):
    with pytest.raises(
        ValueError, match="`prior` must have the ELBO for energy and a likelihood with a scale"
    ):
        PatchStrangeness(make_prior(loss, energy=energy))


INSIDE = torch.ones(1, 1, 20, 24, dtype=torch.bool)


def test_a_constant_residual_is_its_own_bias_up_to_the_border_of_the_brain():
    brain = INSIDE.clone()
    brain[..., :7] = False
    bias = local_bias(torch.full((1, 1, 20, 24), -0.3), brain, 3.0)
    torch.testing.assert_close(bias[brain], torch.full_like(bias[brain], 0.3))
    assert bias[~brain].isnan().all()


def test_the_sign_and_what_lies_outside_the_brain_or_is_unknown_change_nothing():
    residual, brain = images(1, 20, 24), INSIDE.clone()
    brain[..., :5, :] = False
    residual[..., 12, 12] = math.nan
    expected = local_bias(residual, brain, 2.0)
    assert expected[0, 0, 12, 12].isnan()
    residual[~brain] = 7.0
    torch.testing.assert_close(local_bias(-residual, brain, 2.0), expected, equal_nan=True)


def test_errors_up_and_down_cancel_and_errors_one_way_do_not():
    checkers = (-1.0) ** (torch.arange(20)[:, None] + torch.arange(24))
    bias = local_bias(checkers.view(1, 1, 20, 24), INSIDE, 2.0)
    assert bias[..., 6:14, 6:18].max() < 1e-3


def test_the_whole_share_is_the_mean_of_what_counts():
    values = torch.tensor([[3.0, math.nan, 1.0], [math.nan, math.nan, 5.0]])
    torch.testing.assert_close(mean_of_highest(values), values.nanmean(dim=1))


def test_a_small_share_is_the_maximum_and_parts_are_rounded_up():
    values = torch.tensor([[3.0, math.nan, -1.0, 2.0, math.nan]])
    for share, expected in ((0.01, 3.0), (0.34, 2.5), (0.67, 4 / 3)):
        torch.testing.assert_close(mean_of_highest(values, share), torch.tensor([expected]))


def test_arguments_out_of_range_are_refused(prior):
    for overlap in (-0.1, 1, math.nan):
        with pytest.raises(ValueError, match=r"`overlap` must be in \[0, 1\), got"):
            PatchStrangeness(prior, overlap=overlap)
    for chunk in (0, -1):
        with pytest.raises(ValueError, match="`chunk` must be an integer of at least 1, got"):
            PatchStrangeness(prior, chunk=chunk)
    for share in (-1, math.nan):
        with pytest.raises(ValueError, match=r"`min_share` must be in \[0, 1\], got"):
            PatchStrangeness(prior, min_share=share)
    with pytest.raises(ValueError, match="`smoothing` must be positive and finite, got 0"):
        PatchStrangeness(prior, smoothing=0)
    with pytest.raises(ValueError, match="`sigma` must be positive and finite, got 0"):
        local_bias(images(1, 20, 24), INSIDE, 0)
    for share in (0, 1.1, math.nan):
        with pytest.raises(ValueError, match=r"`share` must be in \(0, 1\], got"):
            mean_of_highest(torch.ones(1, 2), share)
