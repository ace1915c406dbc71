import numpy as np
import pytest
import pywt
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    CGSense,
    L1Wavelet,
    TotalVariation,
    ZeroFilled,
    nrmse,
    signal_scale,
    simulated_coil_maps,
    uniform_lines,
)
from tests.mri.kspace import SIZE, complex_noise, random_encoding


def zero_filled(y, encoding):
    return ZeroFilled().reconstruct(y, encoding).image


def cg_sense(y, encoding, weight=0.0, **settings):
    return CGSense(weight, **settings).reconstruct(y, encoding).image


def l1_wavelet(y, encoding, weight, **settings):
    return L1Wavelet(weight, **settings).reconstruct(y, encoding).image


@pytest.fixture
def encoding():
    return random_encoding()


@pytest.fixture
def twofold():
    """Two-fold undersampling that 8 coils resolve."""
    mask = torch.zeros(8, 16)
    mask[:, ::2] = 1
    return CartesianEncoding(mask, simulated_coil_maps(8, (8, 16)))


def test_zero_filling_is_the_adjoint(encoding):
    y = encoding(complex_noise(2, 1, *SIZE))
    torch.testing.assert_close(zero_filled(y, encoding), encoding.adjoint(y))


@pytest.mark.parametrize("method", [zero_filled, cg_sense])
def test_a_fully_sampled_image_comes_back(method):
    x = complex_noise(1, 1, 8, 8, dtype=torch.complex64)
    E = CartesianEncoding(torch.ones(8, 8), simulated_coil_maps(4, (8, 8)))
    torch.testing.assert_close(method(E(x), E), x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("make", [CGSense, TotalVariation, L1Wavelet])
def test_an_image_comes_back_through_maps_that_are_not_normalised(make):
    E = CartesianEncoding(torch.ones(8, 8), 3 * simulated_coil_maps(2, (8, 8)))
    x = complex_noise(1, 1, 8, 8, dtype=torch.complex64)
    torch.testing.assert_close(make(0.0).reconstruct(E(x), E).image, x, rtol=1e-4, atol=1e-4)


def test_sense_solves_the_regularised_normal_equations(encoding):
    y = encoding(complex_noise(2, 1, *SIZE))
    x = cg_sense(y, encoding, weight=0.1, iterations=100, tolerance=1e-10)
    torch.testing.assert_close(encoding.normal(x) + 0.1 * x, encoding.adjoint(y))


def test_eight_coils_resolve_what_one_leaves_aliased(twofold):
    x = complex_noise(1, 1, 8, 16, dtype=torch.complex64)
    y = twofold(x)
    error = (cg_sense(y, twofold, iterations=200) - x).norm() / x.norm()
    assert error < 0.001 < 0.3 < (zero_filled(y, twofold) - x).norm() / x.norm()


def test_sense_of_one_coil_is_the_zero_filled_image():
    E = CartesianEncoding(uniform_lines((8, 16), 2, centre_lines=4))
    y = E(complex_noise(1, 1, 8, 16, dtype=torch.complex64))
    torch.testing.assert_close(cg_sense(y, E), zero_filled(y, E))


@pytest.mark.parametrize("make", [CGSense, TotalVariation, L1Wavelet])
def test_a_negative_weight_is_refused(make):
    with pytest.raises(ValueError, match="`weight` must be a number of at least 0, got -1"):
        make(-1.0)


@pytest.mark.parametrize("name", ["weight", "iterations"])
def test_zero_filling_has_no_settings(name):
    with pytest.raises(ValueError, match=f"`{name}` must be 0 for zero-filling, which has none, got 2"):
        ZeroFilled(**{name: 2})


@pytest.mark.parametrize("make", [ZeroFilled, CGSense, TotalVariation, L1Wavelet])
class TestEveryClassicalSolver:
    def test_noise_changes_nothing_and_the_weight_is_told(self, make, twofold):
        y = twofold(complex_noise(1, 1, 8, 16, dtype=torch.complex64))
        found, noisy = make().reconstruct(y, twofold), make().reconstruct(y, twofold, noise_std=3.0)
        assert torch.equal(found.image, noisy.image)
        assert found.weight.tolist() == [pytest.approx(make().weight)]
        assert found.latents is None

    def test_a_weight_means_the_same_in_every_unit_and_every_batch(self, make, twofold):
        y = twofold(complex_noise(2, 1, 8, 16, dtype=torch.complex64))
        both = make().reconstruct(y * torch.tensor([1.0, 1000.0]).view(2, 1, 1, 1), twofold).image
        alone = make().reconstruct(y[1:], twofold).image
        torch.testing.assert_close(both[1:] / 1000, alone, rtol=1e-3, atol=1e-3)

    def test_what_does_not_fit_is_refused(self, make, twofold):
        y = twofold(complex_noise(1, 1, 8, 16, dtype=torch.complex64))
        with pytest.raises(ValueError, match="`y` must be finite"):
            make().reconstruct(y * float("nan"), twofold)
        with pytest.raises(ValueError, match=f"`mask` must be left out, {make.__name__} has no prior"):
            make().reconstruct(y, twofold, mask=torch.ones(1, 1, 8, 16))
        with pytest.raises(ValueError, match=r"`start` must be complex, of shape \(1, 1, 8, 16\)"):
            make().reconstruct(y, twofold, start=torch.ones(1, 1, 8, 16))


@pytest.mark.parametrize("make", [CGSense, TotalVariation, L1Wavelet])
def test_iterations_begin_at_the_start(make, twofold):
    x = complex_noise(1, 1, 8, 16, dtype=torch.complex64)
    y = twofold(x)
    found = make(0.0, iterations=1).reconstruct(y, twofold, start=x)  # a solution stays where it is
    torch.testing.assert_close(found.image, x, rtol=1e-3, atol=1e-3)


def soft(values, threshold):
    return values * np.maximum(1 - threshold / np.maximum(np.abs(values), 1e-12), 0)


def test_a_step_on_a_fully_sampled_image_thresholds_the_haar_coefficients_of_the_shifted_one():
    x = complex_noise(1, 1, 8, 8, dtype=torch.complex64)
    E = CartesianEncoding(torch.ones(8, 8))
    shift = torch.randint(8, (2,), generator=torch.Generator().manual_seed(5)).tolist()
    assert any(shift)
    shifted = np.roll(x[0, 0].numpy(), shift, (0, 1))
    coefficients, slices = pywt.coeffs_to_array(pywt.wavedecn(shifted, "db1", mode="zero"))
    thresholded = soft(coefficients, 0.3 * signal_scale(x).item())
    expected = pywt.waverecn(pywt.array_to_coeffs(thresholded, slices, "wavedecn"), "db1", mode="zero")
    actual = l1_wavelet(E(x), E, 0.3, wavelet="db1", iterations=1, seed=5)
    np.testing.assert_allclose(np.roll(actual[0, 0].numpy(), shift, (0, 1)), expected, atol=1e-5)


def test_an_image_of_few_coefficients_comes_back_better_than_zero_filled():
    E = CartesianEncoding(uniform_lines((16, 32), 2, centre_lines=6), simulated_coil_maps(2, (16, 32)))
    x = torch.zeros(1, 1, 16, 32, dtype=torch.complex64)
    x[..., 4:12, 8:24] = 1j
    y = E(x)
    assert nrmse(l1_wavelet(y, E, 1e-3, wavelet="db1"), x) < 0.2 * nrmse(zero_filled(y, E), x)


def test_it_is_the_percentile_of_the_pixels_with_signal():
    x = torch.zeros(1, 1, 20, 30)
    x.view(-1)[100:301] = torch.arange(100, 301).float()  # 201 pixels, one apart: 99.5 % lie at or below 299
    torch.testing.assert_close(signal_scale(x).item(), 299.0)


def test_it_follows_the_units_of_each_image_alone():
    x = torch.randn(1, 1, 8, 8, dtype=torch.complex64)
    both = signal_scale(torch.cat([x, 1000 * x]))
    torch.testing.assert_close(both, signal_scale(x) * torch.tensor([1.0, 1000.0]).reshape(2, 1, 1, 1))


def test_the_field_of_view_has_no_influence():
    x = torch.rand(1, 1, 8, 8)
    assert torch.equal(signal_scale(torch.nn.functional.pad(x, (20, 20, 20, 20))), signal_scale(x))


def test_an_empty_image_is_refused():
    with pytest.raises(ValueError, match="`x` must hold signal, got 1 of 2 images all zero"):
        signal_scale(torch.stack([torch.ones(1, 4, 4), torch.zeros(1, 4, 4)]))
