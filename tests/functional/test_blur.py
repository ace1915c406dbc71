import pytest
import torch

from monai_blurvae.functional import (
    blur_error,
    circular_blur,
    delta_kernel,
    half_spectrum,
    spectral_blur_error,
    transfer_function,
    valid_blur_error,
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


@pytest.mark.parametrize(("size", "kernel_size"), [((9, 8), (5, 3)), ((6, 7, 5), (3, 3, 3))])
def test_the_valid_error_is_that_of_an_unpadded_convolution(size, kernel_size):
    x, x_hat, kernel = images_and_kernels(size, kernel_size, batch=1)
    convolve = torch.nn.functional.conv2d if len(size) == 2 else torch.nn.functional.conv3d
    channels = x.shape[1]
    weight = kernel.flip(*range(1, kernel.ndim))[:, None].expand(channels, 1, *kernel_size)
    margins = [slice(k // 2, n - k // 2) for k, n in zip(kernel_size, size, strict=True)]
    wanted = (convolve(x, weight, groups=channels) - x_hat[..., *margins]).square().sum()[None]
    X, K = half_spectrum(x, len(size)), transfer_function(kernel, size)
    torch.testing.assert_close(valid_blur_error(X, x_hat, K, kernel_size), wanted)


def test_a_wide_blur_of_an_image_that_is_not_periodic_is_found_away_from_the_borders_alone():
    """Blurred before it was cut out: the true kernel explains the interior, and not the wrapped borders."""
    scene = torch.rand(1, 1, 40, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    kernel = torch.full((1, 7, 7), 1 / 49, dtype=torch.float64)
    x, x_hat = scene[..., 8:32, 8:32], circular_blur(scene, kernel)[..., 8:32, 8:32]
    X, K = half_spectrum(x, 2), transfer_function(kernel, (24, 24))
    assert valid_blur_error(X, x_hat, K, (7, 7)).item() < 1e-20
    assert blur_error(x, x_hat, kernel).item() > 1e-2
