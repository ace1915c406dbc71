import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, compression_matrix, mix_coils, simulated_coil_maps
from tests.mri.kspace import SIZE, complex_noise


def test_virtual_coils_keep_the_energy_of_the_first_singular_values():
    y = complex_noise(2, 5, *SIZE)
    singular = torch.linalg.svdvals(y.flatten(2))
    for coils in (1, 3, 5):
        compressed = mix_coils(compression_matrix(y, coils), y)
        assert compressed.shape == (2, coils, *SIZE)
        kept = compressed.abs().square().flatten(1).sum(dim=1)
        torch.testing.assert_close(kept, singular[:, :coils].square().sum(dim=1))


def test_rows_are_orthonormal_so_white_noise_stays_white():
    matrix = compression_matrix(complex_noise(2, 5, *SIZE), 3)
    torch.testing.assert_close(matrix @ matrix.mH, torch.eye(3, dtype=matrix.dtype).expand(2, -1, -1))


def test_kspace_and_maps_compressed_alike_still_fit_each_other():
    x, maps = complex_noise(1, 1, 8, 8), simulated_coil_maps(6, (8, 8)).to(torch.complex128)
    mask = torch.ones(8, 8)
    y = CartesianEncoding(mask, maps)(x)
    matrix = compression_matrix(y, 4)
    virtual = CartesianEncoding(mask, mix_coils(matrix, maps))
    torch.testing.assert_close(virtual(x), mix_coils(matrix, y))


@pytest.mark.parametrize("coils", [0, 6])
def test_more_virtual_coils_than_coils_or_none_are_refused(coils):
    with pytest.raises(ValueError, match=f"`coils` must be from 1 to the number of coils, 5, got {coils}"):
        compression_matrix(complex_noise(1, 5, *SIZE), coils)


def test_a_matrix_for_other_coils_is_refused():
    with pytest.raises(ValueError, match="`values` must have 4 coils as `matrix`, got 5"):
        mix_coils(torch.eye(4, dtype=torch.complex64), complex_noise(1, 5, *SIZE))
