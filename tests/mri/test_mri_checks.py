import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, simulated_coil_maps


@pytest.mark.parametrize("mask", [torch.ones(4, 4), torch.ones(1, 1, 4, 4).bool(), torch.ones(4, 4).int()])
def test_masks_are_taken_as_numbers_or_truth_with_or_without_batch(mask):
    assert CartesianEncoding(mask).mask.shape == (1, 1, 4, 4)


@pytest.mark.parametrize("shape", [(4,), (3, 4, 4), (1, 2, 4, 4), (0, 4)])
def test_masks_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"`mask` must be \(H, W\) or \(B, 1, H, W\), got shape"):
        CartesianEncoding(torch.ones(shape))


def test_a_mask_that_samples_nothing_is_refused():
    with pytest.raises(ValueError, match="`mask` must sample something, got 1 of 2 all zero"):
        CartesianEncoding(torch.stack([torch.ones(1, 4, 4), torch.zeros(1, 4, 4)]))


@pytest.mark.parametrize("value", [0.5, 2.0, -1.0, float("nan")])
def test_a_mask_of_weights_is_refused(value):
    mask = torch.ones(4, 4)
    mask[0, 0] = value
    with pytest.raises(ValueError, match="`mask` must hold 0 and 1 alone"):
        CartesianEncoding(mask)


def test_a_complex_mask_is_refused():
    with pytest.raises(ValueError, match=r"`mask` must be real or bool, got torch.complex64"):
        CartesianEncoding(torch.ones(4, 4, dtype=torch.complex64))


def test_maps_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must have the size of `mask`, \(4, 4\), got \(4, 6\)"):
        CartesianEncoding(torch.ones(4, 4), simulated_coil_maps(2, (4, 6)))


def test_maps_of_another_batch_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must have the batch of `mask`, 2, .* got 3"):
        CartesianEncoding(torch.ones(2, 1, 4, 4), simulated_coil_maps(2, (4, 4)).expand(3, -1, -1, -1))


def test_maps_of_another_number_of_axes_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must be \(coils, H, W\) or .* got shape \(4, 4\)"):
        CartesianEncoding(torch.ones(4, 4), torch.ones(4, 4, dtype=torch.complex64))


def test_real_maps_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must be complex, got torch.float32"):
        CartesianEncoding(torch.ones(4, 4), torch.ones(2, 4, 4))


def test_maps_that_are_not_finite_or_see_nothing_are_refused():
    maps = torch.ones(2, 4, 4, dtype=torch.complex64)
    maps[0, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="`coil_maps` must be finite, got 1 values"):
        CartesianEncoding(torch.ones(4, 4), maps)
    with pytest.raises(ValueError, match="`coil_maps` must see something"):
        CartesianEncoding(torch.ones(4, 4), torch.zeros(2, 4, 4, dtype=torch.complex64))
