"""The trainer alternates, falls, goes on where it stopped, and does not disturb what it should not."""

import copy

import pytest
import torch
from ignite.engine import Events

from monai_blurvae.keys import Keys
from monai_blurvae.losses import L2Loss, WienerBlurLoss
from monai_blurvae.training import Objective, VAETrainer, update
from monai_blurvae.training.handlers import CheckpointResumer, CheckpointSaver
from tests.training.conftest import Batches, build_network

CPU = torch.device("cpu")


def adam(module):
    return torch.optim.Adam(module.parameters(), lr=1e-2)


def with_loss(network, loss=None, **settings):
    network.likelihood = WienerBlurLoss("network") if loss is None else loss
    if network.kernel_net is not None:
        network.add_kernel_net(network.kernel_net)
    return Objective(network, network.likelihood, **settings)


def build_trainer(epochs, network=None, loss=None, **kwargs):
    loss = WienerBlurLoss("network") if loss is None else loss
    network = build_network(likelihood=loss) if network is None else network
    optimizers = (
        torch.optim.Adam([*network.encoder.parameters(), *network.decoder.parameters()], lr=1e-2),
        None if network.kernel_net is None else adam(network.kernel_net),
    )
    objective = with_loss(
        network, loss, warmup_epochs=kwargs.pop("warmup_epochs", 1), amp=kwargs.pop("amp", False)
    )
    return VAETrainer(CPU, epochs, Batches(), objective, optimizers, **kwargs)


def save_dict(trainer):
    return {
        "network": trainer.network,
        "optimizer": trainer.optimizers[0],
        "kernel_optimizer": trainer.optimizers[1],
        "trainer": trainer,
    }


@pytest.mark.parametrize("which", ["vae", "kernel"])
def test_a_step_of_one_side_leaves_the_other_side_bit_equal(which, network, image, noise):
    sides = {"vae": torch.nn.ModuleList([network.encoder, network.decoder]), "kernel": network.kernel_net}
    before = {name: copy.deepcopy(list(side.parameters())) for name, side in sides.items()}
    terms = with_loss(network)(image, noise, epoch=1)
    update(terms, [adam(sides[which])])
    for name, side in sides.items():
        equal = [torch.equal(old, new) for old, new in zip(before[name], side.parameters(), strict=True)]
        assert not any(equal) if name == which else all(equal)


def test_gradient_clipping_bounds_each_optimiser_alone(network, image, noise):
    terms = with_loss(network)(image, noise, epoch=1)
    optimizers = [adam(network.decoder), adam(network.kernel_net)]
    update(terms, optimizers, gradient_clip=0.01)
    for side in (network.decoder, network.kernel_net):
        norm = torch.cat([p.grad.flatten() for p in side.parameters()]).norm()
        assert norm <= 0.01 * (1 + 1e-4)


def test_the_loss_falls_and_every_term_is_reported():
    trainer = build_trainer(40)
    losses = []
    trainer.add_event_handler(
        Events.ITERATION_COMPLETED, lambda e: losses.append(float(e.state.output[Keys.LOSS]))
    )
    trainer.run()
    assert sum(losses[-6:]) < sum(losses[3:9])
    assert {Keys.NLL, Keys.KL, Keys.KERNEL_ERROR, Keys.SCALE} <= set(trainer.state.output)


def test_a_network_without_a_kernel_network_trains_with_l2():
    trainer = build_trainer(1, build_network(kernel_net=False), L2Loss())
    trainer.run()
    assert trainer.state.output[Keys.KERNEL] is None


def test_bfloat16_autocast_trains_to_finite_float32_weights():
    trainer = build_trainer(2, amp=True)
    trainer.run()
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in trainer.network.parameters())


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_run_stopped_and_resumed_ends_bit_equal_to_an_uninterrupted_one(stop, tmp_path):
    whole = build_trainer(4)
    whole.run()
    first = build_trainer(4)
    first.state.max_epochs = stop  # as if it were stopped
    CheckpointSaver(tmp_path / "checkpoint.pt", save_dict(first)).attach(first)
    first.run()
    resumed = build_trainer(4, build_network(seed=99))
    torch.manual_seed(1234)
    CheckpointResumer(tmp_path / "checkpoint.pt", save_dict(resumed)).attach(resumed)
    resumed.run()
    assert resumed.state.iteration == whole.state.iteration
    for one, other in zip(
        whole.network.state_dict().values(), resumed.network.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    for one, other in zip(whole.optimizers, resumed.optimizers, strict=True):
        for a, b in zip(one.state.values(), other.state.values(), strict=True):
            assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path):
    first = build_trainer(2)
    CheckpointSaver(tmp_path / "checkpoint.pt", save_dict(first)).attach(first)
    first.run()
    other = build_trainer(2, build_network(kernel_net=False), L2Loss())
    CheckpointResumer(tmp_path / "checkpoint.pt", save_dict(other)).attach(other)
    with pytest.raises(ValueError, match="must come from the same configuration"):
        other.run()


def test_the_same_seed_trains_the_same_weights_and_another_seed_others():
    runs = [build_trainer(2, seed=seed) for seed in (3, 3, 4)]
    for trainer in runs:
        trainer.run()
    weights = [torch.cat([p.flatten() for p in t.network.parameters()]) for t in runs]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
