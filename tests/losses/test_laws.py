"""What every reconstruction term keeps, the perceptual ones included."""

import pytest
import torch

from monai_blurvae.losses import (
    CrossEntropyLoss,
    FocalFrequencyLoss,
    L1Loss,
    L1MeanLoss,
    L2Loss,
    RobustLoss,
    SSIMLoss,
    VGGLoss,
    WatsonLoss,
)

SIMPLE = {
    "l2": lambda: L2Loss(scale=1.0),
    "l1": lambda: L1Loss(scale=1.0),
    "l1_mean": L1MeanLoss,
    "cross_entropy": CrossEntropyLoss,
    "ssim": SSIMLoss,
    "focal_frequency": FocalFrequencyLoss,
    "robust": RobustLoss,
}
"""Terms that need no file. An optimal scale depends on the batch, on purpose: it is fixed here."""


@pytest.fixture(params=[*SIMPLE, "vgg", "watson"])
def loss(request, other_weights, monkeypatch):
    if request.param == "vgg":
        monkeypatch.setenv("TORCH_HOME", str(other_weights))
        return VGGLoss()
    if request.param == "watson":
        return WatsonLoss(other_weights / "watson1.pth", shift=False)
    return SIMPLE[request.param]()


@pytest.fixture
def pair():
    """Reconstructions and images, inside [-1, 1]."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, 1, 16, 16, generator=generator) * 1.8 - 0.9


def test_an_images_term_does_not_depend_on_its_batch(loss, pair):
    x_hat, x = pair
    alone = torch.cat([loss.per_image(x_hat[i : i + 1], x[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(loss.per_image(x_hat, x), alone)


def test_it_is_least_where_the_reconstruction_is_the_image(loss, pair):
    direction, x = pair
    at_best = loss.per_image(x, x)
    for step in (-0.05, 0.01, 0.05):
        assert (loss.per_image(x + step * direction, x) > at_best).all()


def test_its_gradient_is_finite_where_the_reconstruction_is_the_image(loss, pair):
    x_hat = pair[1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss.per_image(x_hat, pair[1]).sum(), x_hat)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("value", [-1.0, 0.0])
def test_flat_images_have_finite_terms_and_gradients(loss, pair, value):
    flat = torch.full_like(pair[0], value)
    for x_hat, x in ((flat, pair[1]), (pair[0], flat), (flat, flat)):
        x_hat = x_hat.clone().requires_grad_()
        term = loss.per_image(x_hat, x)
        assert term.isfinite().all()
        assert torch.autograd.grad(term.sum(), x_hat)[0].isfinite().all()


def test_bfloat16_inside_autocast_is_computed_in_float32(loss, pair):
    x_hat, x = pair.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = loss.per_image(x_hat, x)
    assert inside.dtype == torch.float32
    torch.testing.assert_close(inside, loss.per_image(x_hat.float(), x.float()))


def test_a_small_step_down_its_gradient_lowers_it(loss, pair):
    x_hat = pair[0].clone().requires_grad_()
    before = loss.per_image(x_hat, pair[1]).sum()
    (gradient,) = torch.autograd.grad(before, x_hat)
    step = 1e-3 * gradient / gradient.norm()
    assert loss.per_image((x_hat - step).detach(), pair[1]).sum() < before


def test_it_carries_nothing_that_is_not_learned(loss):
    assert set(loss.state_dict()) == {name for name, _ in loss.named_parameters()}
    assert all(parameter.requires_grad for parameter in loss.parameters())
