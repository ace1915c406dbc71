import pytest
import torch

from monai_blurvae.mri import image_to_kspace, kspace_to_image, remove_readout_oversampling, uniform_lines
from tests.mri.kspace import complex_noise, dense_fourier


@pytest.mark.parametrize("size", [(6, 5), (4, 4), (5, 3), (1, 8)])
def test_the_transform_is_the_dense_centred_fourier_matrix(size):
    x = complex_noise(2, *size)
    expected = (x.flatten(1) @ dense_fourier(size).T).reshape(x.shape)
    torch.testing.assert_close(image_to_kspace(x), expected)


@pytest.mark.parametrize("size", [(6, 5), (5, 6)])
def test_the_inverse_is_the_adjoint(size):
    x, y = complex_noise(*size), complex_noise(*size, seed=1)
    torch.testing.assert_close(kspace_to_image(image_to_kspace(x)), x)
    torch.testing.assert_close((y.conj() * image_to_kspace(x)).sum(), (kspace_to_image(y).conj() * x).sum())


@pytest.mark.parametrize(("rows", "size"), [(12, 6), (12, 5), (11, 5), (11, 6)])
def test_the_middle_of_the_image_is_what_remains(rows, size):
    x = complex_noise(1, 2, rows, 5)
    cropped = kspace_to_image(remove_readout_oversampling(image_to_kspace(x), size))
    start = rows // 2 - size // 2
    torch.testing.assert_close(cropped, x[..., start : start + size, :])


def test_columns_that_were_not_sampled_stay_exactly_zero():
    mask = uniform_lines((12, 16), 2, centre_lines=4)
    y = remove_readout_oversampling(complex_noise(1, 2, 12, 16) * mask, 6)
    assert not y[..., ~mask[0]].any()
    assert y[..., mask[0]].all()


def test_all_rows_are_kept_as_they_are():
    y = complex_noise(1, 2, 12, 5)
    assert remove_readout_oversampling(y, 12) is y


def test_a_partial_echo_is_a_readout():
    y = complex_noise(1, 2, 12, 5)
    y[..., :3, :] = 0
    assert remove_readout_oversampling(y, 6).shape == (1, 2, 6, 5)


def test_columns_sampled_in_part_are_refused():
    y = complex_noise(1, 2, 12, 5)
    y[:, :, 3, 1] = 0
    with pytest.raises(
        ValueError, match=r"`y` must be sampled in whole columns, .* got 1 of 5 sampled in part"
    ):
        remove_readout_oversampling(y, 6)


@pytest.mark.parametrize("size", [0, 13])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(
        ValueError,
        match=rf"`size` must be (an integer of at least 1|from 1 to .* `y`, 12), got {size}",
    ):
        remove_readout_oversampling(complex_noise(1, 2, 12, 5), size)
