import pytest
import torch

from monai_blurvae.priors import Prior
from tests.priors.conftest import images


class Quadratic(Prior):
    """U(x) = c/2 |x|^2, whose proximal point is x / (1 + gamma c)."""

    c = 3.0

    def energy(self, x):
        return self.c / 2 * x.square().flatten(1).sum(1)

    def project(self, x):
        return torch.zeros_like(x)

    def sample(self, n, generator=None):
        return torch.randn(n, 1, 8, 8, generator=generator)


@pytest.mark.parametrize("gamma", [0.0, 0.1, 1.0, 50.0])
def test_the_proximal_point_of_a_quadratic_energy_has_a_closed_form(gamma):
    x = images(2)
    torch.testing.assert_close(Quadratic().prox(x, gamma), x / (1 + 3 * gamma))
    torch.testing.assert_close(Quadratic().denoise(x, gamma**0.5), x / (1 + 3 * gamma))
    of_each = gamma * torch.tensor([0.5, 2.0], dtype=x.dtype).view(2, 1, 1, 1)
    torch.testing.assert_close(Quadratic().prox(x, of_each), x / (1 + 3 * of_each))


def test_a_trained_priors_proximal_step_lowers_its_objective(prior):
    x = images(3)
    near = prior.prox(x, 0.1, steps=10)
    assert (
        (near - x).square().flatten(1).sum(1) / 2 + 0.1 * prior.energy(near) < 0.1 * prior.energy(x)
    ).all()


def test_enough_proximal_steps_end_where_the_gradient_vanishes(prior):
    x = images(2)
    near = prior.prox(x, 0.01, steps=300)
    gradient = near - x + 0.01 * prior.grad(near)
    assert gradient.norm() < 1e-3 * (0.01 * prior.grad(x)).norm()


def test_weights_out_of_range_or_too_many_are_refused():
    for gamma in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="`gamma` must be finite and not negative"):
            Quadratic().prox(images(1), gamma)
    with pytest.raises(ValueError, match="`gamma` must be one number, or one for each of 2 images, got 3"):
        Quadratic().prox(images(2), torch.ones(3))
    with pytest.raises(ValueError, match="`sigma` must not be negative, got -1"):
        Quadratic().denoise(images(1), -1.0)
