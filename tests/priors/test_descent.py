import pytest
import torch

from monai_blurvae.mri.conjugate_gradient import inner_product
from monai_blurvae.priors.descent import descend

CURVATURES = torch.tensor([1.0, 4.0, 25.0, 100.0], dtype=torch.float64)


def quadratic(v):
    return (CURVATURES * v.square()).sum(1) / 2, CURVATURES * v


def double_well(v):
    return (v.square() - 1).square().sum(1), 4 * v * (v.square() - 1)


def test_a_quadratic_function_is_minimised_whatever_its_curvatures():
    best, value = descend(quadratic, torch.ones(3, 4, dtype=torch.float64), steps=100)
    torch.testing.assert_close(best, torch.zeros_like(best), rtol=0, atol=1e-5)
    torch.testing.assert_close(value, torch.zeros_like(value), rtol=0, atol=1e-10)


def test_more_steps_never_end_worse():
    x = torch.randn(20, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = torch.stack([descend(double_well, x, steps)[1] for steps in range(12)])
    assert (values.diff(dim=0) <= 0).all()
    torch.testing.assert_close(values[-1], double_well(descend(double_well, x, 11)[0])[0])


def test_images_do_not_influence_one_another():
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    together = descend(double_well, x, 10)[0]
    torch.testing.assert_close(together, torch.cat([descend(double_well, row[None], 10)[0] for row in x]))


def test_a_function_without_a_value_far_away_is_still_minimised():
    def logarithmic(v):
        return (v - v.log()).sum(1), 1 - 1 / v

    best, _ = descend(logarithmic, torch.full((1, 1), 0.01, dtype=torch.float64), steps=60)
    torch.testing.assert_close(best, torch.ones_like(best), rtol=1e-4, atol=0)


def test_no_step_at_all_gives_the_start_back():
    x = torch.ones(1, 4, dtype=torch.float64)
    assert torch.equal(descend(quadratic, x, 0)[0], x)
    with pytest.raises(ValueError, match="`steps` must not be negative, got -1"):
        descend(quadratic, x, -1)


def test_the_inner_product_of_complex_images_is_that_of_their_parts():
    a, b = torch.randn(2, 2, 1, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.complex128)
    parts = (torch.view_as_real(a) * torch.view_as_real(b)).flatten(1).sum(1)
    torch.testing.assert_close(inner_product(a, b), parts)
