import pytest
import torch

from monai_blurvae.functional import (
    delta_kernel,
    full_spectrum_sum,
    half_spectrum,
    multiplicity,
    squared_modulus,
    transfer_function,
)
from tests.oracles import SIZES, circulant, images_and_kernels


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_a_centred_delta_is_the_identity_at_every_frequency(size, kernel_size):
    K = transfer_function(delta_kernel(kernel_size)[None], size)
    torch.testing.assert_close(K, torch.ones_like(K))


def test_a_symmetric_kernel_has_a_real_transfer_function():
    kernel = torch.tensor([[[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]], dtype=torch.float64) / 16
    torch.testing.assert_close(transfer_function(kernel, (6, 7)).imag.abs().max(), torch.zeros(()).double())


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_the_half_spectrum_sum_of_powers_is_parsevals_squared_norm(size, kernel_size):
    x, _, _ = images_and_kernels(size, kernel_size)
    power = squared_modulus(half_spectrum(x, len(size)))
    norm = x.square().flatten(2).sum(dim=2)
    torch.testing.assert_close(full_spectrum_sum(power, size) / x[0, 0].numel(), norm)


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_the_half_spectrum_sum_equals_the_sum_over_the_full_transform(size, kernel_size):
    x, _, _ = images_and_kernels(size, kernel_size)
    axes = tuple(range(2, x.ndim))
    half = half_spectrum(x, len(size)).abs().log1p()
    full = torch.fft.fftn(x, dim=axes).abs().log1p().sum(dim=axes)
    torch.testing.assert_close(full_spectrum_sum(half, size), full)


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_transfer_functions_are_the_eigenvalues_of_the_circulant_matrix(size, kernel_size):
    _, _, kernel = images_and_kernels(size, kernel_size)
    eigenvalues = torch.linalg.eigvals(circulant(kernel[0], size))
    K = transfer_function(kernel, size)[0]
    for power in (1, 2, 3):  # power sums identify a set of eigenvalues without ordering them
        trace = full_spectrum_sum((K**power).real[None], size)[0]
        torch.testing.assert_close(trace, (eigenvalues**power).sum().real)


@pytest.mark.parametrize("last_size", [1, 2, 3, 8, 9])
def test_multiplicities_count_every_frequency_of_the_full_spectrum_once(last_size):
    assert multiplicity(last_size, torch.ones(1)).sum() == last_size


def test_double_stays_double_and_half_types_give_single_precision():
    x = torch.rand(1, 1, 4, 4)
    assert half_spectrum(x.double(), 2).dtype == torch.complex128
    for low in (torch.bfloat16, torch.float16):
        assert torch.equal(half_spectrum(x.to(low), 2), half_spectrum(x.to(low).float(), 2))


def test_the_transform_passes_gradcheck():
    x = torch.rand(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda image: full_spectrum_sum(squared_modulus(half_spectrum(image, 2)), (3, 4)), x
    )


@pytest.mark.parametrize(
    ("kernel_size", "size", "rule"),
    [
        ((4, 4), (8, 8), "`kernel` must have odd sizes"),
        ((3, 2), (8, 8), "`kernel` must have odd sizes"),
        ((9, 9), (8, 8), "`kernel` must fit into an image of size"),
        ((3, 5), (8, 4), "`kernel` must fit into an image of size"),
        ((3, 3), (8, 8, 8), "`kernel` must fit into an image of size"),
    ],
)
def test_kernels_without_a_centre_or_too_large_are_refused(kernel_size, size, rule):
    with pytest.raises(ValueError, match=rule):
        transfer_function(torch.ones(1, *kernel_size), size)
