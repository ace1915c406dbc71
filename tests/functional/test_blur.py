import pytest
import torch

from monai_blurvae.functional import (
    blur_error,
    circular_blur,
    delta_kernel,
    half_spectrum,
    spectral_blur_error,
    transfer_function,
)
from tests.oracles import SIZES, circulant, images_and_kernels


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_a_delta_kernel_changes_nothing(size, kernel_size):
    x, x_hat, _ = images_and_kernels(size, kernel_size)
    delta = delta_kernel(kernel_size).double().expand(2, *kernel_size)
    torch.testing.assert_close(circular_blur(x, delta), x)
    torch.testing.assert_close(blur_error(x, x_hat, delta), (x - x_hat).square().flatten(1).sum(dim=1))


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_blur_and_its_error_agree_with_the_dense_circulant_matrix(size, kernel_size):
    x, x_hat, kernel = images_and_kernels(size, kernel_size)
    matrices = torch.stack([circulant(k, size) for k in kernel])
    blurred = torch.einsum("bnm,bcm->bcn", matrices, x.flatten(2)).reshape(x.shape)
    torch.testing.assert_close(circular_blur(x, kernel), blurred)
    torch.testing.assert_close(blur_error(x, x_hat, kernel), (blurred - x_hat).square().flatten(1).sum(dim=1))


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_the_blur_errors_kernel_gradient_agrees_with_the_dense_matrix(size, kernel_size):
    x, x_hat, kernel = images_and_kernels(size, kernel_size)
    kernel.requires_grad_()
    matrices = torch.stack([circulant(k, size) for k in kernel])
    dense = (torch.einsum("bnm,bcm->bcn", matrices, x.flatten(2)) - x_hat.flatten(2)).square().sum()
    (wanted,) = torch.autograd.grad(dense, kernel)
    (given,) = torch.autograd.grad(blur_error(x, x_hat, kernel).sum(), kernel)
    torch.testing.assert_close(given, wanted)


def test_blur_agrees_with_a_circularly_padded_convolution():
    x, _, kernel = images_and_kernels((9, 8), (5, 3), batch=1)
    padded = torch.nn.functional.pad(x, (1, 1, 2, 2), mode="circular")
    weight = kernel.flip(1, 2)[:, None].expand(2, 1, 5, 3)  # conv2d correlates: flipped, it convolves
    torch.testing.assert_close(circular_blur(x, kernel), torch.nn.functional.conv2d(padded, weight, groups=2))


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_the_flipped_kernel_is_the_adjoint(size, kernel_size):
    x, y, kernel = images_and_kernels(size, kernel_size)
    flipped = kernel.flip(*range(1, kernel.ndim))
    torch.testing.assert_close((circular_blur(x, kernel) * y).sum(), (x * circular_blur(y, flipped)).sum())


def test_a_unit_sum_kernel_keeps_the_mean():
    x, _, kernel = images_and_kernels((6, 7), (3, 5))
    torch.testing.assert_close(circular_blur(x, kernel).mean(dim=(2, 3)), x.mean(dim=(2, 3)))


def test_every_image_is_blurred_by_its_own_kernel_alone():
    x, x_hat, kernel = images_and_kernels((6, 6), (3, 3), batch=3)
    single = [blur_error(x[i : i + 1], x_hat[i : i + 1], kernel[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(blur_error(x, x_hat, kernel), torch.cat(single))


def test_the_spectral_form_is_the_spatial_one():
    x, x_hat, kernel = images_and_kernels((6, 5), (3, 3))
    spectra = half_spectrum(x, 2), half_spectrum(x_hat, 2), transfer_function(kernel, (6, 5))
    torch.testing.assert_close(spectral_blur_error(*spectra, (6, 5)), blur_error(x, x_hat, kernel))


def test_the_blur_error_passes_gradcheck():
    x, x_hat, kernel = (t.requires_grad_() for t in images_and_kernels((4, 5), (3, 3), batch=1, channels=1))
    assert torch.autograd.gradcheck(blur_error, (x, x_hat, kernel))


def test_bfloat16_inside_autocast_is_computed_in_float32():
    x, x_hat, kernel = (t.bfloat16() for t in images_and_kernels((8, 8), (3, 3)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = blur_error(x, x_hat, kernel)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, blur_error(x.float(), x_hat.float(), kernel.float()))


def test_float32_is_within_its_rounding_of_float64():
    x, x_hat, kernel = images_and_kernels((16, 16), (5, 5))
    single = blur_error(x.float(), x_hat.float(), kernel.float())
    torch.testing.assert_close(single.double(), blur_error(x, x_hat, kernel), rtol=1e-5, atol=0)
