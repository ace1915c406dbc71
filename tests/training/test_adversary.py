"""A discriminator beside the reconstruction term: values, where gradients go, and when it starts."""

import pytest
import torch
from torch.nn.functional import leaky_relu

from monai_blurvae.keys import Keys
from monai_blurvae.losses import L1MeanLoss
from monai_blurvae.training import Adversary, AdversarySettings, Objective, update
from tests.training.conftest import build_network

SETTINGS = AdversarySettings(features=4, layers=1, weight=0.5)


@pytest.fixture
def adversary():
    torch.manual_seed(0)
    return Adversary(SETTINGS)


def test_the_terms_are_the_least_squares_losses(adversary, image):
    adversary.eval()
    x_hat = 0.5 * image
    terms = adversary(x_hat, image)
    # MONAI sends the discriminator's output through a leaky ReLU first
    of_input, of_target = (leaky_relu(adversary.discriminator(part)[-1], 0.05) for part in (x_hat, image))
    torch.testing.assert_close(terms.generator, 0.5 * (of_input - 1).square().mean())
    expected = (of_input.square().mean() + (of_target - 1).square().mean()) / 2
    torch.testing.assert_close(terms.discriminator, expected)


def test_each_term_has_a_gradient_only_to_its_own(adversary, image):
    x_hat = (0.5 * image).requires_grad_()
    terms = adversary(x_hat, image)
    terms.generator.backward(retain_graph=True)
    assert x_hat.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in adversary.parameters())
    x_hat.grad = None
    terms.discriminator.backward()
    assert x_hat.grad is None
    assert all(parameter.grad.isfinite().all() for parameter in adversary.parameters())


def test_the_objective_uses_it_from_its_start_on(image, noise):
    loss = L1MeanLoss()
    judged = Adversary(AdversarySettings(features=4, layers=1, weight=0.5, start=1))
    objective = Objective(build_network(likelihood=loss), loss, beta=1e-6, adversary=judged).eval()
    before, after = objective(image, noise, epoch=1), objective(image, noise, epoch=2)
    assert Keys.DISCRIMINATOR not in before
    torch.testing.assert_close(after[Keys.LOSS], before[Keys.LOSS] + after[Keys.ADVERSARIAL])


def test_one_update_steps_both_networks(image, noise):
    loss, judged = L1MeanLoss(), Adversary(SETTINGS)
    objective = Objective(build_network(likelihood=loss), loss, adversary=judged)
    groups = (list(objective.model.vae_parameters()), list(judged.parameters()))
    before = [[parameter.clone() for parameter in group] for group in groups]
    optimizers = [torch.optim.SGD(group, lr=0.1) for group in groups]
    update(objective(image, noise, epoch=1), optimizers)
    for group, old in zip(groups, before, strict=True):
        assert any(not torch.equal(parameter, was) for parameter, was in zip(group, old, strict=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight": 0.0}, "`weight` must be positive and finite, got 0.0"),
        ({"start": -1}, "`start` must be an integer of at least 0, got -1"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Adversary(AdversarySettings(**settings))
