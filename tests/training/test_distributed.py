"""Two processes (gloo, CPU) in loops of one's own and in the trainer, with the measured blur."""

import pytest
import torch
from torch import distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.training import Adversary, AdversarySettings, Objective, VAETrainer
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


def _loop_on_a_rank(rank, store, results):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    for spatial_dims in CONVOLUTIONS:
        network = DistributedDataParallel(network_of(spatial_dims))
        torch.save(train(network, batches(spatial_dims, rank)), f"{results}/{spatial_dims}-{rank}.pt")
    distributed.destroy_process_group()


def test_a_loss_beside_a_parallel_network_trains_as_one_process_on_both_batches(tmp_path):
    multiprocessing.spawn(_loop_on_a_rank, args=(tmp_path / "store", tmp_path), nprocs=2)
    for spatial_dims in CONVOLUTIONS:
        first, second = (torch.load(tmp_path / f"{spatial_dims}-{rank}.pt") for rank in range(2))
        both = zip(*(batches(spatial_dims, rank) for rank in range(2)), strict=True)
        network = network_of(spatial_dims)
        before = {name: value.clone() for name, value in network.state_dict().items()}
        whole = train(network, [torch.cat(pair) for pair in both])
        assert whole["blur.batches"] == STEPS
        assert all(not torch.allclose(whole[name], value, rtol=1e-3) for name, value in before.items())
        for name, value in whole.items():
            assert torch.equal(first[name], second[name])
            torch.testing.assert_close(first[name], value)


def _train_with_a_discriminator(rank, store, results, start):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
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
    content = {
        "before": before,
        "discriminator": dict(adversary.named_parameters()),
        "network": dict(network.named_parameters()),
        "blur": loss.state_dict(),
    }
    torch.save(content, f"{results}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.parametrize("start", [0, 1])  # in its first epoch, or only in the second
def test_two_ranks_with_a_discriminator_keep_the_same_weights_and_blur(tmp_path, start):
    multiprocessing.spawn(_train_with_a_discriminator, args=(tmp_path / "store", tmp_path, start), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert first["blur"]["blur.batches"] == 4
    for part in ("discriminator", "network", "blur"):
        for name, value in first[part].items():
            assert value.isfinite().all()
            assert torch.equal(value, second[part][name])
    for name, value in first["before"].items():
        assert not torch.equal(value, first["discriminator"][name])
