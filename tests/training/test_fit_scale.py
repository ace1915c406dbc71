import pytest
import torch

from monai_blurvae.functional import reparameterize
from monai_blurvae.keys import Keys
from monai_blurvae.losses import CrossEntropyLoss, L2Loss
from monai_blurvae.training import VAEEvaluator, counted_noise, fit_scale
from monai_blurvae.training.handlers import ScaleFit
from tests.ranks import on_two_ranks
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


def _validate_on_a_rank(rank):
    network, generator = build_network(), torch.Generator().manual_seed(rank)
    for _ in range(3):  # what batch norm has seen differs between the ranks
        network.train()(torch.rand(4, 1, 16, 16, generator=generator) * (1 + rank))
    before = {name: value.clone() for name, value in network.named_buffers()}
    evaluator = VAEEvaluator(
        torch.device("cpu"), Batches(length=1), network, val_handlers=[ScaleFit(network, L2Loss(), Batches())]
    )
    evaluator.run()
    return {
        "before": before,
        "buffers": dict(network.named_buffers()),
        "reconstruction": evaluator.state.output[Keys.RECONSTRUCTION],
    }


def test_every_rank_fits_the_scale_and_validates_with_the_buffers_of_rank_0(tmp_path):
    first, second = on_two_ranks(_validate_on_a_rank, tmp_path)
    assert any(not torch.equal(value, second["before"][name]) for name, value in first["before"].items())
    assert first["buffers"]["scale"] != 1
    for name, value in first["buffers"].items():
        assert torch.equal(value, second["buffers"][name])
        if name != "scale":
            assert torch.equal(value, first["before"][name])
    assert torch.equal(first["reconstruction"], second["reconstruction"])
