"""Two processes (gloo, CPU) in loops of one's own and in the trainer, with the measured blur."""

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.training import Adversary, AdversarySettings, Objective, VAETrainer
from tests.ranks import on_two_ranks
from tests.training.conftest import build_network

STEPS, BATCH = 4, 3
CONVOLUTIONS = {2: nn.Conv2d, 3: nn.Conv3d}


def batches(spatial_dims: int, rank: int) -> list[torch.Tensor]:
    """Images of another contrast on every rank."""
    generator = torch.Generator().manual_seed(10 * spatial_dims + rank)
    shape = (BATCH, 2, *(12,) * spatial_dims)
    return [(0.5 + rank) * torch.randn(shape, generator=generator) for _ in range(STEPS)]


def network_of(spatial_dims: int) -> nn.Module:
    torch.manual_seed(0)
    convolution = CONVOLUTIONS[spatial_dims]
    return nn.Sequential(convolution(2, 4, 3, padding=1), nn.Tanh(), convolution(4, 2, 3, padding=1))


def train(network: nn.Module, images: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """A plain loop; gives weights and measured blur."""
    loss = WienerBlurLoss(blur="measured")
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4)
    for image in images:
        optimizer.zero_grad()
        loss(network(image), image).backward()
        optimizer.step()
    weights = getattr(network, "module", network).state_dict()
    return {**weights, **loss.state_dict()}


def _loop_on_a_rank(rank):
    return {
        spatial_dims: train(DistributedDataParallel(network_of(spatial_dims)), batches(spatial_dims, rank))
        for spatial_dims in CONVOLUTIONS
    }


def test_a_loss_beside_a_parallel_network_trains_as_one_process_on_both_batches(tmp_path):
    ranks = on_two_ranks(_loop_on_a_rank, tmp_path)
    for spatial_dims in CONVOLUTIONS:
        first, second = (rank[spatial_dims] for rank in ranks)
        both = zip(*(batches(spatial_dims, rank) for rank in range(2)), strict=True)
        network = network_of(spatial_dims)
        before = {name: value.clone() for name, value in network.state_dict().items()}
        whole = train(network, [torch.cat(pair) for pair in both])
        assert whole["blur.batches"] == STEPS
        assert all(not torch.allclose(whole[name], value, rtol=1e-3) for name, value in before.items())
        for name, value in whole.items():
            assert torch.equal(first[name], second[name])
            torch.testing.assert_close(first[name], value)


def _train_with_a_discriminator(rank, start):
    loss = WienerBlurLoss(blur="measured")
    network = build_network(kernel_net=False, likelihood=loss)
    adversary = Adversary(AdversarySettings(features=4, layers=1, weight=400.0, start=start))
    before = {name: value.clone() for name, value in adversary.named_parameters()}
    optimizers = [torch.optim.Adam(part.parameters(), lr=1e-3) for part in (network, adversary)]
    generator = torch.Generator().manual_seed(rank)
    images = [{"image": torch.rand(4, 1, 16, 16, generator=generator) * 2 - 1} for _ in range(2)]
    trainer = VAETrainer(
        torch.device("cpu"),
        2,
        images,
        Objective(network, loss, adversary=adversary),
        [optimizers[0], None, optimizers[1]],
    )
    trainer.run()
    return {
        "before": before,
        "discriminator": dict(adversary.named_parameters()),
        "network": dict(network.named_parameters()),
        "blur": loss.state_dict(),
    }


@pytest.mark.parametrize("start", [0, 1])  # in its first epoch, or only in the second
def test_two_ranks_with_a_discriminator_keep_the_same_weights_and_blur(tmp_path, start):
    first, second = on_two_ranks(_train_with_a_discriminator, tmp_path, start)
    assert first["blur"]["blur.batches"] == 4
    for part in ("discriminator", "network", "blur"):
        for name, value in first[part].items():
            assert value.isfinite().all()
            assert torch.equal(value, second[part][name])
    for name, value in first["before"].items():
        assert not torch.equal(value, first["discriminator"][name])
