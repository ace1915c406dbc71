import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, image_to_kspace, simulated_coil_maps
from tests.mri.kspace import SIZE, complex_noise, dense_fourier, normalised_maps, random_encoding


@pytest.fixture
def encoding():
    return random_encoding()


def test_one_coil_and_a_full_mask_are_the_fourier_transform():
    x = complex_noise(2, 1, *SIZE)
    E = CartesianEncoding(torch.ones(SIZE), torch.ones(1, *SIZE, dtype=torch.complex128))
    torch.testing.assert_close(E(x), image_to_kspace(x))


def test_the_adjoint_law_holds(encoding):
    x, y = complex_noise(2, 1, *SIZE), complex_noise(2, 3, *SIZE, seed=3)
    torch.testing.assert_close((y.conj() * encoding(x)).sum(), (encoding.adjoint(y).conj() * x).sum())


def test_the_normal_operator_is_the_adjoint_of_the_forward(encoding):
    x = complex_noise(2, 1, *SIZE)
    torch.testing.assert_close(encoding.normal(x), encoding.adjoint(encoding(x)))


def test_a_full_mask_with_normalised_maps_keeps_norms_and_is_inverted_by_its_adjoint():
    x = complex_noise(2, 1, *SIZE)
    E = CartesianEncoding(torch.ones(SIZE, dtype=torch.bool), normalised_maps())
    torch.testing.assert_close(E(x).flatten(1).norm(dim=1), x.flatten(1).norm(dim=1))
    torch.testing.assert_close(E.normal(x), x)


def test_the_encoding_is_the_dense_matrix_of_mask_fourier_and_maps(encoding):
    x = complex_noise(2, 1, *SIZE)
    F = dense_fourier(SIZE)
    for image, y, mask, maps in zip(x, encoding(x), encoding.mask, encoding.coil_maps, strict=True):
        rows = [
            torch.diag(mask.flatten().to(F.dtype)) @ F @ torch.diag(coil.flatten()) @ image.flatten()
            for coil in maps
        ]
        torch.testing.assert_close(y.flatten(1), torch.stack(rows))


def test_no_eigenvalue_of_the_normal_operator_exceeds_one_with_normalised_maps(encoding):
    basis = torch.eye(SIZE[0] * SIZE[1], dtype=torch.complex128).reshape(-1, 1, *SIZE)
    E = CartesianEncoding(encoding.mask[:1], encoding.coil_maps[:1])
    eigenvalues = torch.linalg.eigvalsh(E.normal(basis).flatten(1).T)
    assert eigenvalues.min() > -1e-12
    assert eigenvalues.max() < 1 + 1e-12
    assert E.eigenvalue_bound == pytest.approx(1)


def test_no_eigenvalue_of_the_normal_operator_exceeds_its_bound_with_any_maps():
    basis = torch.eye(SIZE[0] * SIZE[1], dtype=torch.complex128).reshape(-1, 1, *SIZE)
    for mask in (torch.ones(SIZE), torch.rand(SIZE, generator=torch.Generator().manual_seed(0)) < 0.5):
        E = CartesianEncoding(mask, complex_noise(3, *SIZE, seed=1))
        assert torch.linalg.eigvalsh(E.normal(basis).flatten(1).T).max() < E.eigenvalue_bound * (1 + 1e-12)


def test_images_of_a_batch_do_not_reach_one_another(encoding):
    x = complex_noise(2, 1, *SIZE)
    alone = CartesianEncoding(encoding.mask[1:], encoding.coil_maps[1:])
    torch.testing.assert_close(encoding(x)[1:], alone(x[1:]))


def test_unsampled_frequencies_are_exactly_zero_and_do_not_count(encoding):
    x = complex_noise(2, 1, *SIZE)
    y = encoding(x)
    off = (encoding.mask == 0).expand_as(y)
    assert not y[off].any()
    torch.testing.assert_close(encoding.adjoint(torch.where(off, 7.0, y)), encoding.adjoint(y))


def test_single_precision_stays_single():
    E = CartesianEncoding(torch.ones(4, 4), simulated_coil_maps(2, (4, 4)))
    y = E(torch.ones(1, 1, 4, 4, dtype=torch.complex64))
    assert (y.dtype, E.adjoint(y).dtype, y.shape) == (torch.complex64, torch.complex64, (1, 2, 4, 4))


def test_real_input_is_refused():
    E = CartesianEncoding(torch.ones(4, 4))
    with pytest.raises(ValueError, match=r"`x` must be complex .* got torch.float32"):
        E(torch.ones(1, 1, 4, 4))
    with pytest.raises(ValueError, match=r"`y` must be complex .* got torch.float32"):
        E.adjoint(torch.ones(1, 1, 4, 4))


@pytest.mark.parametrize("shape", [(1, 2, 4, 4), (1, 1, 4, 5), (4, 4), (1, 4, 4)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"`x` must be image of shape \(B, 1, 4, 4\)"):
        CartesianEncoding(torch.ones(4, 4))(torch.ones(shape, dtype=torch.complex64))


def test_kspace_of_other_coils_is_refused():
    E = CartesianEncoding(torch.ones(4, 4), simulated_coil_maps(2, (4, 4)))
    with pytest.raises(
        ValueError, match=r"`y` must be k-space of shape \(B, 2, 4, 4\) .* got \(1, 3, 4, 4\)"
    ):
        E.check_kspace(torch.ones(1, 3, 4, 4, dtype=torch.complex64))


def test_a_batch_that_the_maps_do_not_have_is_refused(encoding):
    with pytest.raises(ValueError, match="`x` must have the batch of the mask and the coil maps, 2, got 3"):
        encoding(complex_noise(3, 1, *SIZE))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_kspace_that_is_not_finite_is_refused(bad):
    y = torch.ones(1, 1, 4, 4, dtype=torch.complex64)
    y[0, 0, 1, 2] = bad
    with pytest.raises(ValueError, match="`y` must be finite, got 1 values"):
        CartesianEncoding(torch.ones(4, 4)).check_kspace(y)


def test_kspace_without_any_sampled_signal_is_refused():
    mask = torch.zeros(4, 4)
    mask[:, 2] = 1
    y = torch.ones(2, 1, 4, 4, dtype=torch.complex64)
    y[1, :, :, 2] = 0
    with pytest.raises(ValueError, match="only zeros in 1 of 2"):
        CartesianEncoding(mask).check_kspace(y)


@pytest.mark.parametrize("mask", [torch.ones(4, 4), torch.ones(1, 1, 4, 4).bool(), torch.ones(4, 4).int()])
def test_masks_are_taken_as_numbers_or_truth_with_or_without_batch(mask):
    assert CartesianEncoding(mask).mask.shape == (1, 1, 4, 4)


@pytest.mark.parametrize("shape", [(4,), (3, 4, 4), (1, 2, 4, 4), (0, 4)])
def test_masks_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"`mask` must be \(H, W\) or \(B, 1, H, W\), got shape"):
        CartesianEncoding(torch.ones(shape))


def test_a_mask_that_samples_nothing_is_refused():
    with pytest.raises(ValueError, match="`mask` must sample something, got 1 of 2 all zero"):
        CartesianEncoding(torch.stack([torch.ones(1, 4, 4), torch.zeros(1, 4, 4)]))


@pytest.mark.parametrize("value", [0.5, 2.0, -1.0, float("nan")])
def test_a_mask_of_weights_is_refused(value):
    mask = torch.ones(4, 4)
    mask[0, 0] = value
    with pytest.raises(ValueError, match="`mask` must hold only 0 and 1"):
        CartesianEncoding(mask)


def test_a_complex_mask_is_refused():
    with pytest.raises(ValueError, match=r"`mask` must be real or bool, got torch.complex64"):
        CartesianEncoding(torch.ones(4, 4, dtype=torch.complex64))


def test_maps_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must have the size of `mask`, \(4, 4\), got \(4, 6\)"):
        CartesianEncoding(torch.ones(4, 4), simulated_coil_maps(2, (4, 6)))


def test_maps_of_another_batch_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must have the batch of `mask`, 2, .* got 3"):
        CartesianEncoding(torch.ones(2, 1, 4, 4), simulated_coil_maps(2, (4, 4)).expand(3, -1, -1, -1))


def test_maps_of_another_number_of_axes_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must be \(coils, H, W\) or .* got shape \(4, 4\)"):
        CartesianEncoding(torch.ones(4, 4), torch.ones(4, 4, dtype=torch.complex64))


def test_real_maps_are_refused():
    with pytest.raises(ValueError, match=r"`coil_maps` must be complex, got torch.float32"):
        CartesianEncoding(torch.ones(4, 4), torch.ones(2, 4, 4))


def test_maps_that_are_not_finite_or_see_nothing_are_refused():
    maps = torch.ones(2, 4, 4, dtype=torch.complex64)
    maps[0, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="`coil_maps` must be finite, got 1 values"):
        CartesianEncoding(torch.ones(4, 4), maps)
    with pytest.raises(ValueError, match="`coil_maps` must see something"):
        CartesianEncoding(torch.ones(4, 4), torch.zeros(2, 4, 4, dtype=torch.complex64))
