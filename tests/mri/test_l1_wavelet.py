import numpy as np
import pytest
import pywt
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    nrmse,
    signal_scale,
    simulated_coil_maps,
    uniform_lines,
    zero_filled,
)
from tests.mri.kspace import complex_noise

l1_wavelet = pytest.importorskip("monai_blurvae.mri.l1_wavelet").l1_wavelet


def soft(values, threshold):
    return values * np.maximum(1 - threshold / np.maximum(np.abs(values), 1e-12), 0)


def test_a_fully_sampled_image_has_its_haar_coefficients_thresholded():
    x = complex_noise(1, 1, 8, 8, dtype=torch.complex64)
    E = CartesianEncoding(torch.ones(8, 8))
    coefficients, slices = pywt.coeffs_to_array(pywt.wavedecn(x[0, 0].numpy(), "db1", mode="zero"))
    thresholded = soft(coefficients, 0.3 * signal_scale(x).item())
    expected = pywt.waverecn(pywt.array_to_coeffs(thresholded, slices, "wavedecn"), "db1", mode="zero")
    actual = l1_wavelet(E(x), E, 0.3, wavelet="db1")
    np.testing.assert_allclose(actual[0, 0].numpy(), expected, atol=1e-5)


def test_an_image_of_few_coefficients_comes_back_better_than_zero_filled():
    E = CartesianEncoding(uniform_lines((16, 32), 2, centre_lines=6), simulated_coil_maps(2, (16, 32)))
    x = torch.zeros(1, 1, 16, 32, dtype=torch.complex64)
    x[..., 4:12, 8:24] = 1j
    y = E(x)
    assert nrmse(l1_wavelet(y, E, 1e-3, wavelet="db1"), x) < 0.2 * nrmse(zero_filled(y, E), x)


def test_a_weight_means_the_same_in_every_unit_and_every_batch():
    mask = uniform_lines((8, 16), 2, centre_lines=4)
    E = CartesianEncoding(mask, simulated_coil_maps(2, (8, 16)))
    y = E(complex_noise(2, 1, 8, 16, dtype=torch.complex64))
    both = l1_wavelet(y * torch.tensor([1.0, 100.0]).reshape(2, 1, 1, 1), E, 0.01, iterations=20)
    assert both.shape == (2, 1, 8, 16)
    torch.testing.assert_close(
        both[1:], 100 * l1_wavelet(y[1:], E, 0.01, iterations=20), rtol=1e-3, atol=1e-3
    )


def test_maps_that_are_not_normalised_still_converge():
    E = CartesianEncoding(torch.ones(8, 8), 3 * simulated_coil_maps(2, (8, 8)))
    x = complex_noise(1, 1, 8, 8, dtype=torch.complex64)
    torch.testing.assert_close(l1_wavelet(E(x), E, 0.0), x, rtol=1e-4, atol=1e-4)


def test_a_negative_weight_and_kspace_that_is_not_finite_are_refused():
    E = CartesianEncoding(torch.ones(4, 4))
    y = torch.full((1, 1, 4, 4), float("nan"), dtype=torch.complex64)
    with pytest.raises(ValueError, match=r"`weight` must not be negative, got -0.1"):
        l1_wavelet(y, E, -0.1)
    with pytest.raises(ValueError, match="`y` must be finite"):
        l1_wavelet(y, E, 0.1)
