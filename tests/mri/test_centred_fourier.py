import pytest
import torch

from monai_blurvae.mri import image_to_kspace, kspace_to_image
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
