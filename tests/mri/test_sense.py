import pytest
import torch
from monai_blurvae.mri.sense import first_image

from monai_blurvae.mri import CartesianEncoding, cg_sense, simulated_coil_maps, uniform_lines, zero_filled
from tests.mri.kspace import SIZE, complex_noise, random_encoding


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


@pytest.mark.parametrize("method", [zero_filled, cg_sense])
def test_methods_are_linear_in_scale(method, twofold):
    y = twofold(complex_noise(1, 1, 8, 16, dtype=torch.complex64))
    torch.testing.assert_close(method(1000 * y, twofold), 1000 * method(y, twofold), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", [zero_filled, cg_sense])
def test_kspace_that_is_not_finite_is_refused(method, twofold):
    y = torch.full((1, 8, 8, 16), float("nan"), dtype=torch.complex64)
    with pytest.raises(ValueError, match="`y` must be finite"):
        method(y, twofold)


def test_weights_that_mean_nothing_are_refused(twofold):
    y = torch.ones(1, 8, 8, 16, dtype=torch.complex64)
    with pytest.raises(ValueError, match=r"`weight` must be 0, zero-filling weighs nothing, got 0.1"):
        zero_filled(y, twofold, 0.1)
    with pytest.raises(ValueError, match="`weight` must not be negative, got -1"):
        cg_sense(y, twofold, -1.0)


def test_a_start_that_says_nothing_and_too_much_precision_are_refused():
    E = CartesianEncoding(torch.ones(8, 8))
    y = E(complex_noise(1, 1, 8, 8, dtype=torch.complex64))
    with pytest.raises(ValueError, match="`start` must be finite and not zero"):
        first_image(y, E, torch.zeros(1, 1, 8, 8, dtype=torch.complex64), torch.float32)
    with pytest.raises(ValueError, match=r"`y` must not be more precise than the prior, torch.complex64"):
        first_image(y.to(torch.complex128), E, None, torch.float32)
