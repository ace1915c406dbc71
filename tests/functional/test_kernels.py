import math

import pytest
import torch

from monai_blurvae.functional import delta_kernel, gaussian_kernel


def test_a_gaussian_kernel_has_unit_sum_and_falls_by_the_law():
    kernel = gaussian_kernel(2.0, (11, 9))
    assert kernel.shape == (11, 9)
    torch.testing.assert_close(kernel.sum(), torch.tensor(1.0))
    torch.testing.assert_close(kernel[5, 6] / kernel[5, 4], torch.tensor(math.exp(-4 / 4)))
    torch.testing.assert_close(kernel[6, 5] / kernel[5, 4], torch.tensor(math.exp(-2 / 4)))


def test_a_large_gaussian_kernel_has_its_variance():
    kernel = gaussian_kernel(4.0, (41,)).double()
    offset = torch.arange(41).double() - 20
    torch.testing.assert_close(
        (kernel * offset.square()).sum(), torch.tensor(4.0).double(), rtol=1e-5, atol=0
    )


def test_a_gaussian_kernel_is_symmetric_and_separable_in_three_dimensions():
    kernel = gaussian_kernel(1.5, (3, 5, 7))
    torch.testing.assert_close(kernel, kernel.flip(0, 1, 2))
    axes = [gaussian_kernel(1.5, (n,)) for n in (3, 5, 7)]
    torch.testing.assert_close(kernel, torch.einsum("i,j,k->ijk", *axes))


def test_a_delta_kernel_has_its_one_in_the_middle():
    kernel = delta_kernel((3, 5))
    assert kernel[1, 2] == 1
    assert kernel.sum() == 1


@pytest.mark.parametrize("make", [delta_kernel, lambda size: gaussian_kernel(2.0, size)])
@pytest.mark.parametrize("size", [(4, 5), (0,), ()])
def test_sizes_without_a_centre_are_refused(make, size):
    with pytest.raises(ValueError, match="`size` must have odd sizes"):
        make(size)


@pytest.mark.parametrize("variance", [0.0, -1.0, math.nan])
def test_a_variance_that_is_not_positive_is_refused(variance):
    with pytest.raises(ValueError, match="`variance` must be positive"):
        gaussian_kernel(variance, (3,))
