import pytest
import torch

from monai_blurvae.functional import reparameterize
from monai_blurvae.losses import CrossEntropyLoss, L2Loss
from monai_blurvae.training import counted_noise, fit_scale
from tests.training.conftest import Batches, build_network


def test_the_scale_is_the_root_of_the_mean_squared_residual_at_the_sampled_latents():
    network, batches = build_network().eval(), Batches()
    squares = []
    with torch.no_grad():
        for index, batch in enumerate(batches):
            mu, log_var = network.encode(batch["image"])
            z = reparameterize(mu, log_var, counted_noise(mu.shape, 3, index))
            squares.append((network.decode(z) - batch["image"]).square())
    assert fit_scale(network, L2Loss(), batches, seed=3) == pytest.approx(
        torch.cat(squares).mean().sqrt().item()
    )
    assert network.scale == pytest.approx(torch.cat(squares).mean().sqrt().item())


def test_a_term_without_a_scale_leaves_it_alone():
    network = build_network()
    assert fit_scale(network, CrossEntropyLoss(), Batches()) == 1
