import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, simulated_coil_maps
from tests.mri.kspace import SIZE, complex_noise, dense_fourier, normalised_maps, random_encoding


@pytest.fixture
def encoding():
    return random_encoding()


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


@pytest.mark.parametrize("maps", [normalised_maps(1), complex_noise(1, 3, *SIZE, seed=1)])
def test_no_eigenvalue_of_the_normal_operator_is_negative_or_exceeds_its_bound(maps):
    basis = torch.eye(SIZE[0] * SIZE[1], dtype=torch.complex128).reshape(-1, 1, *SIZE)
    for mask in (torch.ones(SIZE), random_encoding().mask[:1]):
        E = CartesianEncoding(mask, maps)
        eigenvalues = torch.linalg.eigvalsh(E.normal(basis).flatten(1).T)
        assert eigenvalues.min() > -1e-12
        assert eigenvalues.max() < E.eigenvalue_bound * (1 + 1e-12)
    assert CartesianEncoding(mask, normalised_maps()).eigenvalue_bound == pytest.approx(1)


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


@pytest.mark.parametrize("mask", [torch.ones(4, 4), torch.ones(1, 1, 4, 4).bool(), torch.ones(4, 4).int()])
def test_masks_are_taken_as_numbers_or_truth_with_or_without_batch(mask):
    assert CartesianEncoding(mask).mask.shape == (1, 1, 4, 4)


NAN = torch.ones(2, 4, 4) + 0j
NAN[0, 0, 0] = float("nan")
HALF = torch.ones(4, 4)
HALF[:, :2] = 0


@pytest.mark.parametrize(
    ("method", "values", "message"),
    [
        ("forward", torch.ones(1, 1, 4, 4), r"`x` must be complex .* got torch.float32"),
        ("adjoint", torch.ones(1, 2, 4, 4), r"`y` must be complex .* got torch.float32"),
        *(
            ("forward", torch.ones(shape) + 0j, r"`x` must be image of shape \(B, 1, 4, 4\)")
            for shape in ((1, 2, 4, 4), (1, 1, 4, 5), (4, 4), (1, 4, 4))
        ),
        (
            "check_kspace",
            torch.ones(1, 3, 4, 4) + 0j,
            r"`y` must be k-space of .*\(B, 2, 4, 4\) .* got \(1, 3,",
        ),
        ("check_kspace", NAN[None], "`y` must be finite, got 1 values"),
        ("check_kspace", torch.full((1, 2, 4, 4), torch.inf) + 0j, "`y` must be finite, got 32 values"),
        (
            "check_kspace",
            torch.stack([HALF, 1 - HALF])[:, None].expand(2, 2, 4, 4) + 0j,
            "only zeros in 1 of 2",
        ),
    ],
)
def test_images_and_kspace_that_do_not_fit_are_refused(method, values, message):
    E = CartesianEncoding(HALF, simulated_coil_maps(2, (4, 4)))
    with pytest.raises(ValueError, match=message):
        getattr(E, method)(values)


def test_a_batch_that_the_maps_do_not_have_is_refused(encoding):
    with pytest.raises(ValueError, match="`x` must have the batch of the mask and the coil maps, 2, got 3"):
        encoding(complex_noise(3, 1, *SIZE))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        *(
            (torch.ones(shape), r"`mask` must be \(H, W\) or \(B, 1, H, W\), got shape")
            for shape in ((4,), (3, 4, 4), (1, 2, 4, 4), (0, 4))
        ),
        *((torch.full((4, 4), value), "must hold only 0 and 1") for value in (0.5, 2.0, -1.0, float("nan"))),
        (torch.stack([HALF[None], 0 * HALF[None]]), "`mask` must sample something, got 1 of 2 all zero"),
        (HALF + 0j, r"`mask` must be real or bool, got torch.complex64"),
    ],
)
def test_what_is_no_mask_is_refused(mask, message):
    with pytest.raises(ValueError, match=message):
        CartesianEncoding(mask)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (torch.ones(2, 4, 6) + 0j, r"`coil_maps` must have the size of `mask`, \(4, 4\), got \(4, 6\)"),
        (torch.ones(3, 2, 4, 4) + 0j, r"`coil_maps` must have the batch of `mask`, 2, .* got 3"),
        (torch.ones(4, 4) + 0j, r"`coil_maps` must be \(coils, H, W\) or .* got shape \(4, 4\)"),
        (torch.ones(2, 4, 4), r"`coil_maps` must be complex, got torch.float32"),
        (NAN, "`coil_maps` must be finite, got 1 values"),
        (torch.zeros(2, 4, 4) + 0j, "`coil_maps` must see something"),
    ],
)
def test_what_are_no_maps_for_the_mask_is_refused(maps, message):
    with pytest.raises(ValueError, match=message):
        CartesianEncoding(torch.ones(2, 1, 4, 4), maps)
