import math

import numpy as np
import pytest
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    complex_noise,
    image_to_kspace,
    noise_covariance,
    noise_std,
    prewhiten,
    simulated_coil_maps,
)
from monai_blurvae.mri.noise import edge_noise_std
from tests.mri.kspace import complex_noise as draw


def coloured(samples):
    return torch.einsum("ij,jn->in", draw(3, 3, seed=4), draw(3, samples, seed=5)) + 2


def test_the_covariance_is_that_of_numpy():
    noise = coloured(50)
    np.testing.assert_allclose(noise_covariance(noise.reshape(3, 5, 10)).numpy(), np.cov(noise.numpy()))


def test_prewhitened_noise_is_white():
    noise = coloured(40)
    white = prewhiten(noise[None], noise_covariance(noise))[0]
    torch.testing.assert_close(noise_covariance(white), torch.eye(3, dtype=torch.complex128))


def test_whitening_undoes_the_cholesky_factor_of_the_covariance():
    y, covariance = draw(2, 3, 8, 8), noise_covariance(coloured(40))
    L = torch.linalg.cholesky(covariance)
    torch.testing.assert_close(torch.einsum("ij,bjhw->bihw", L, prewhiten(y, covariance)), y)


def test_prewhitened_kspace_is_that_of_prewhitened_maps():
    x, maps, mask = draw(1, 1, 8, 8), simulated_coil_maps(3, (8, 8)).to(torch.complex128), torch.ones(8, 8)
    covariance = noise_covariance(coloured(40))
    white = CartesianEncoding(mask, prewhiten(maps, covariance))
    torch.testing.assert_close(white(x), prewhiten(CartesianEncoding(mask, maps)(x), covariance))


def test_noise_has_the_level_that_was_asked_for():
    signal = 7 * draw(2, 4, 32, 32, dtype=torch.complex64) * torch.tensor([1.0, 5.0]).reshape(2, 1, 1, 1)
    noise = complex_noise(signal, noise_std(signal, decibel=30), seed=1)
    ratio = signal.abs().square().mean(dim=(1, 2, 3)) / noise.abs().square().mean(dim=(1, 2, 3))
    # |n|^2 is exponential: a mean over 4096 samples is off by 1 / 64 of itself, 0.07 dB, in one deviation
    torch.testing.assert_close(10 * ratio.log10(), torch.full((2,), 30.0), atol=5 * 0.07, rtol=0)


def test_the_level_is_the_same_for_images_and_their_kspace():
    x = draw(1, 1, 8, 9)
    torch.testing.assert_close(noise_std(image_to_kspace(x), 20), noise_std(x, 20))


def test_noise_is_circular_and_drawn_from_its_seed_alone():
    like = torch.zeros(1, 1, 64, 64, dtype=torch.complex64)
    state = torch.get_rng_state()
    noise = complex_noise(like, 2.0, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(noise, complex_noise(like, 2.0, seed=3))
    assert not torch.equal(noise, complex_noise(like, 2.0, seed=4))
    for part in (noise.real, noise.imag):  # variance 2 each, off by 2 sqrt(2 / 4096) in a deviation
        assert part.square().mean().item() == pytest.approx(2.0, abs=5 * 0.045)


@pytest.mark.parametrize(
    ("noise", "match"),
    [
        (torch.ones(2, 9), r"`noise` must be complex \(coils, ...\), got torch.float32"),
        (torch.full((2, 9), float("nan"), dtype=torch.complex64), "`noise` must be finite, got 18"),
        (torch.ones(4, 4, dtype=torch.complex64), "`noise` must have more samples than its 4 coils, got 4"),
    ],
)
def test_noise_scans_without_a_covariance_are_refused(noise, match):
    with pytest.raises(ValueError, match=match):
        noise_covariance(noise)


def test_covariances_that_are_none_are_refused():
    y = draw(1, 2, 4, 4)
    with pytest.raises(ValueError, match=r"`covariance` must be \(2, 2\) for the coils of `y`, got \(3, 3\)"):
        prewhiten(y, torch.eye(3, dtype=torch.complex128))
    for bad in ([[1, 2], [2, 1]], [[1, 0.5], [0, 1]]):
        with pytest.raises(ValueError, match="`covariance` must be Hermitian and positive definite"):
            prewhiten(y, torch.tensor(bad, dtype=torch.complex128))


def test_real_values_get_no_complex_noise():
    with pytest.raises(ValueError, match=r"`like` must be complex, got torch.float32"):
        complex_noise(torch.ones(1, 1, 4, 4), 1.0)


def noise(std, *shape):
    return complex_noise(torch.zeros(shape, dtype=torch.complex64), std)


def test_white_noise_is_measured():
    measured = edge_noise_std(noise(3.0, 1, 8, 128, 128), torch.ones(1, 1, 128, 128))
    assert measured == pytest.approx(3, rel=0.02)


def test_signal_at_the_centre_and_what_is_not_sampled_do_not_count():
    y, mask = noise(0.5, 1, 8, 128, 96), torch.zeros(1, 1, 128, 96)
    mask[..., ::3] = 1
    y[..., 54:74, 38:58] += 1000
    assert edge_noise_std(y * mask, mask) == pytest.approx(0.5, rel=0.05)


def test_the_estimate_has_the_units_of_kspace():
    y, mask = noise(1.0, 1, 2, 16, 16), torch.ones(1, 1, 16, 16)
    assert edge_noise_std(1e-6 * y, mask) == pytest.approx(1e-6 * edge_noise_std(y, mask))


def test_a_mask_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="`mask` must sample something"):
        edge_noise_std(noise(1.0, 1, 1, 8, 8), torch.zeros(1, 1, 8, 8))


EMPTY = torch.zeros(0, 2, 4, 4, dtype=torch.complex64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: complex_noise(complex_noise(EMPTY, 1), math.nan), "`std` must be finite and not neg.* nan"),
        (lambda: complex_noise(EMPTY, -1.0), "`std` must be finite and not negative, got -1"),
        (lambda: noise_std(EMPTY, math.nan), "`decibel` must be .* got nan"),
        (lambda: noise_covariance(torch.tensor(1j)), r"`noise` must be complex \(coils, ...\), got .*\(\)"),
        (lambda: noise_covariance(EMPTY), r"`noise` must be complex \(coils, ...\), got .*\(0, 2, 4, 4\)"),
        (lambda: prewhiten(EMPTY, torch.eye(2)), "`y` must hold at least one image"),
        (
            lambda: prewhiten(torch.ones(1, 2, 4, 4) + 0j, torch.full((2, 2), math.nan)),
            "`covariance` must be finite, got ",
        ),
        (lambda: image_to_kspace(EMPTY), "must hold at least one image, got shape"),
    ],
)
def test_levels_that_are_no_numbers_and_empty_batches_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
