import math

import pytest
import torch

from monai_blurvae.functional import (
    delta_kernel,
    full_spectrum_sum,
    half_log_determinant,
    transfer_function,
    weighted_error,
    wiener_power,
)
from tests import oracles
from tests.oracles import SIZES, images_and_kernels

C = 0.025


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_a_delta_kernel_divides_the_squared_error_by_one_plus_c_squared(size, kernel_size):
    x, x_hat, _ = images_and_kernels(size, kernel_size)
    delta = delta_kernel(kernel_size).double().expand(2, *kernel_size)
    squared = (x - x_hat).square().flatten(1).sum(dim=1)
    torch.testing.assert_close(weighted_error(x, x_hat, delta, C), squared / (1 + C) ** 2)


def test_a_delta_kernel_has_determinants_in_closed_form():
    K, size = transfer_function(delta_kernel((3, 3))[None].double(), (4, 6)), (4, 6)
    values = 2 * 24  # two channels of 24 pixels, all at K = 1
    exact = half_log_determinant(K, C, size, 2, "exact")
    epsilon = half_log_determinant(K, C, size, 2, "epsilon", 0.5)
    omitted = half_log_determinant(K, C, size, 2, "omit")
    torch.testing.assert_close(exact, torch.tensor([values * math.log(1 + C)]).double())
    torch.testing.assert_close(epsilon, torch.tensor([values / 2 * math.log(1.5**2 + 1e-6)]).double())
    torch.testing.assert_close(omitted, torch.zeros(1).double())


def test_the_power_peaks_at_a_quarter_of_the_reciprocal_constant():
    K = torch.complex(torch.tensor([[C]]).double().sqrt(), torch.zeros(1, 1).double())
    torch.testing.assert_close(wiener_power(K, C), torch.tensor([[1 / (4 * C)]]).double())


def test_the_power_stays_between_its_floor_and_its_peak():
    K = torch.complex(torch.linspace(-2, 2, 4001)[None].double(), torch.zeros(1, 4001).double())
    power = wiener_power(K, C)
    assert power.min() == 1e-8  # K = 0 is among them
    assert power.max() <= 1 / (4 * C) + 1e-12


def test_at_the_floor_error_and_determinant_use_the_same_weights():
    box = torch.ones(1, 3, dtype=torch.float64) / 3  # K = 0 at frequencies 1/3 and 2/3 of three pixels
    K = transfer_function(box, (3,))
    exact = half_log_determinant(K, C, (3,), 1, "exact")
    wanted = math.log(1 + C) - 2 * 0.5 * math.log(1e-8)
    torch.testing.assert_close(exact, torch.tensor([wanted]).double())


def test_the_exact_determinant_is_bounded_below():
    _, _, kernel = images_and_kernels((6, 5), (3, 3), batch=16)
    exact = half_log_determinant(transfer_function(kernel, (6, 5)), C, (6, 5), 2, "exact")
    assert (exact >= 60 * math.log(2 * math.sqrt(C))).all()


@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_weighted_error_and_its_gradients_agree_with_dense_matrices(size, kernel_size):
    x, x_hat, kernel = (t.requires_grad_() for t in images_and_kernels(size, kernel_size))
    given, wanted = weighted_error(x, x_hat, kernel, C), oracles.weighted_error(x - x_hat, kernel, C)
    torch.testing.assert_close(given, wanted)
    gradients = zip(*(torch.autograd.grad(q.sum(), (x_hat, kernel)) for q in (given, wanted)), strict=True)
    for spectral, dense in gradients:
        torch.testing.assert_close(spectral, dense, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("form", ["exact", "epsilon"])
@pytest.mark.parametrize(("size", "kernel_size"), SIZES)
def test_determinants_and_their_gradients_agree_with_dense_matrices(size, kernel_size, form):
    _, _, kernel = images_and_kernels(size, kernel_size)
    kernel.requires_grad_()
    given = half_log_determinant(transfer_function(kernel, size), C, size, 2, form, 0.5)
    wanted = (
        oracles.exact_half_log_determinant(kernel, C, size, 2)
        if form == "exact"
        else oracles.epsilon_half_log_determinant(kernel, 0.5, size, 2)
    )
    torch.testing.assert_close(given, wanted)
    spectral, dense = (torch.autograd.grad(value.sum(), kernel)[0] for value in (given, wanted))
    torch.testing.assert_close(spectral, dense, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("form", ["omit", "epsilon", "exact"])
def test_the_gaussian_passes_gradcheck_in_the_kernel_and_the_images(form):
    x, x_hat, kernel = (t.requires_grad_() for t in images_and_kernels((4, 5), (3, 3), batch=1, channels=1))

    def energy(x, x_hat, kernel):
        determinant = half_log_determinant(transfer_function(kernel, (4, 5)), C, (4, 5), 1, form)
        return determinant + weighted_error(x, x_hat, kernel, C)

    assert torch.autograd.gradcheck(energy, (x, x_hat, kernel))


def test_no_image_changes_another_images_error():
    x, x_hat, kernel = images_and_kernels((6, 6), (3, 3), batch=3)
    single = [weighted_error(x[i : i + 1], x_hat[i : i + 1], kernel[i : i + 1], C) for i in range(3)]
    torch.testing.assert_close(weighted_error(x, x_hat, kernel, C), torch.cat(single))


def test_channels_add_up():
    x, x_hat, kernel = images_and_kernels((6, 6), (3, 3))
    single = [weighted_error(x[:, i : i + 1], x_hat[:, i : i + 1], kernel, C) for i in range(2)]
    torch.testing.assert_close(weighted_error(x, x_hat, kernel, C), sum(single))
    K = transfer_function(kernel, (6, 6))
    one, two = (half_log_determinant(K, C, (6, 6), channels, "exact") for channels in (1, 2))
    torch.testing.assert_close(two, 2 * one)


def test_bfloat16_inside_autocast_is_computed_in_float32():
    x, x_hat, kernel = (t.bfloat16() for t in images_and_kernels((8, 8), (3, 3)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = weighted_error(x, x_hat, kernel, C)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, weighted_error(x.float(), x_hat.float(), kernel.float(), C))


def test_a_weight_of_one_leaves_the_sum_of_squares():
    values = torch.rand(2, 4, 3, dtype=torch.float64)
    torch.testing.assert_close(
        full_spectrum_sum(torch.ones_like(values), (4, 4)), torch.full((2,), 16.0).double()
    )


@pytest.mark.parametrize("constant", [0.0, -1.0, math.nan, math.inf])
def test_a_wiener_constant_that_is_not_positive_is_refused(constant):
    K = torch.ones(1, 3, dtype=torch.complex64)
    with pytest.raises(ValueError, match="`C` must be positive"):
        wiener_power(K, constant)
    with pytest.raises(ValueError, match="`C` must be positive"):
        half_log_determinant(K, constant, (4,), 1, "omit")


def test_an_unknown_determinant_is_refused():
    with pytest.raises(ValueError, match="`determinant` must be one of omit, epsilon, exact, got 'exakt'"):
        half_log_determinant(torch.ones(1, 3, dtype=torch.complex64), C, (4,), 1, "exakt")
