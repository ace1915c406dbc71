import math

import pytest
import torch

from monai_blurvae.functional import (
    full_spectrum_sum,
    half_spectrum,
    log_eigenvalues,
    mean_power,
    radial_basis,
    squared_modulus,
)

SIZES = [(8,), (8, 8), (7, 10), (6, 4, 5)]


@pytest.mark.parametrize("size", SIZES)
def test_the_hat_functions_sum_to_one_at_every_frequency(size):
    basis = radial_basis(size, knots=4)
    torch.testing.assert_close(basis.sum(dim=0), torch.ones(basis.shape[1:]))
    assert (basis >= 0).all()


def test_the_first_hat_is_one_at_zero_frequency_and_the_last_at_the_corner():
    basis = radial_basis((8, 8), knots=5)
    assert basis[0, 0, 0] == 1
    assert basis[-1, 4, 4] == pytest.approx(1)


@pytest.mark.parametrize("size", SIZES)
def test_white_noise_has_its_variance_at_every_knot(size):
    noise = 0.5 * torch.randn(4000, 1, *size, generator=torch.Generator().manual_seed(0))
    power = squared_modulus(half_spectrum(noise, len(size))).mean(dim=1)
    powers = mean_power(power, radial_basis(size, 3), size)
    torch.testing.assert_close(powers, torch.full((3,), 0.25), rtol=0.05, atol=0)


@pytest.mark.parametrize("max_ratio", [math.inf, 10.0])
@pytest.mark.parametrize("size", SIZES)
def test_the_covariance_has_determinant_one_checked_against_its_dense_matrix(size, max_ratio):
    basis = radial_basis(size, 4).double()
    log_S = log_eigenvalues(torch.tensor([5.0, 2.0, -3.0, 1.0]).double(), basis, size, 0.7, max_ratio)
    n = math.prod(size)
    impulses = torch.eye(n).double().view(n, 1, *size)
    columns = torch.fft.irfftn(
        half_spectrum(impulses, len(size)) * log_S.exp(), s=size, dim=tuple(range(2, 2 + len(size)))
    )
    dense = columns.reshape(n, n)
    torch.testing.assert_close(dense, dense.T)
    assert torch.linalg.slogdet(dense).logabsdet == pytest.approx(0, abs=1e-9)
    torch.testing.assert_close(full_spectrum_sum(log_S[None], size), torch.zeros(1).double())


def test_the_ratio_of_eigenvalues_stays_within_its_bound_and_a_small_one_is_left_alone():
    size, basis = (16, 16), radial_basis((16, 16), 6)
    log_power = torch.linspace(8, -8, 6)
    free = log_eigenvalues(log_power, basis, size)
    bounded = log_eigenvalues(log_power, basis, size, max_ratio=10)
    assert bounded.max() - bounded.min() == pytest.approx(math.log(10), rel=1e-5)
    assert free.max() - free.min() > 10
    torch.testing.assert_close(
        log_eigenvalues(0.1 * log_power, basis, size, max_ratio=1e9),
        log_eigenvalues(log_power, basis, size, 0.1),
    )


def test_no_tempering_and_a_ratio_of_one_both_mean_the_identity():
    size, basis, log_power = (8, 8), radial_basis((8, 8), 4), torch.tensor([3.0, 1.0, 0.0, -2.0])
    for options in ({"tempering": 0.0}, {"max_ratio": 1.0}):
        torch.testing.assert_close(
            log_eigenvalues(log_power, basis, size, **options), torch.zeros(8, 5), atol=1e-6, rtol=0
        )


def test_a_single_knot_is_refused():
    with pytest.raises(ValueError, match="`knots` must be an integer of at least 2, got 1"):
        radial_basis((8, 8), 1)


def test_more_knots_than_frequencies_change_nothing_and_leave_no_nan():
    size = (4, 4)
    power = torch.rand(2, 4, 3, generator=torch.Generator().manual_seed(0)) + 0.1
    basis = radial_basis(size, 40)
    powers = mean_power(power, basis, size)
    assert powers.isfinite().all()
    assert log_eigenvalues(powers.clamp_min(1e-12).log(), basis, size).isfinite().all()
