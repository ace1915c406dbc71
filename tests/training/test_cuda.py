"""Training and evaluation on a GPU."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from monai_blurvae.keys import Keys
from monai_blurvae.losses import L2Loss, WienerBlurLoss
from monai_blurvae.training import BlurVAEEvaluator, BlurVAETrainer, Objective, fit_scale
from monai_blurvae.training.handlers import CheckpointResumer, CheckpointSaver
from tests.training.conftest import Batches, build_network

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


def build_trainer(device, epochs=1, optimizer=torch.optim.SGD, lr=1e-5, loss=None, seed=0, **kwargs):
    network = build_network(loss is None, seed).to(device)
    vae = [*network.encoder.parameters(), *network.decoder.parameters()]
    optimizers = [
        optimizer(vae, lr=lr),
        optimizer(network.kernel_net.parameters(), lr=lr) if loss is None else None,
    ]
    objective = Objective(WienerBlurLoss() if loss is None else loss)
    return BlurVAETrainer(device, epochs, Batches(), network, objective, optimizers, **kwargs)


def weights(trainer):
    return torch.cat([parameter.detach().cpu().flatten() for parameter in trainer.network.parameters()])


def trained(device, **kwargs):
    trainer = build_trainer(device, **kwargs)
    trainer.run()
    return weights(trainer)


@pytest.mark.parametrize("loss", [None, L2Loss()], ids=["wiener", "l2"])
def test_weights_agree_with_those_trained_on_the_cpu(loss):
    """The noise is drawn on the CPU, so that only rounding differs."""
    torch.testing.assert_close(trained(CUDA, loss=loss), trained(CPU, loss=loss), rtol=1e-3, atol=1e-4)


def test_a_run_stopped_and_resumed_ends_as_an_uninterrupted_one(tmp_path):
    def fused(parameters, lr):
        return torch.optim.Adam(parameters, lr=lr, fused=True)

    def built(epochs, seed=0):
        trainer = build_trainer(CUDA, epochs, fused, lr=1e-3, seed=seed)
        saved = {
            "network": trainer.network,
            "optimizer": trainer.optimizers[0],
            "kernel_optimizer": trainer.optimizers[1],
            "trainer": trainer,
        }
        return trainer, saved

    (whole, _), (first, saved), (rest, resumed) = built(2), built(1), built(2, seed=99)
    whole.run()
    CheckpointSaver(tmp_path / "checkpoint.pt", saved).attach(first)
    first.run()
    CheckpointResumer(tmp_path / "checkpoint.pt", resumed).attach(rest)
    rest.run()
    torch.testing.assert_close(weights(rest), weights(whole), rtol=1e-4, atol=1e-5)


def test_evaluation_and_the_fitted_scale_agree_with_the_cpus():
    outputs, scales = [], []
    for device in (CUDA, CPU):
        network = build_network().to(device)
        scales.append(fit_scale(network, WienerBlurLoss(), Batches()))
        evaluator = BlurVAEEvaluator(device, Batches(length=1), network)
        evaluator.run()
        outputs.append(evaluator.state.output)
    assert scales[0] == pytest.approx(scales[1], rel=1e-4)
    for key in (Keys.RECONSTRUCTION, Keys.SAMPLED, Keys.SAMPLES, Keys.KERNEL):
        torch.testing.assert_close(outputs[0][key].cpu(), outputs[1][key], rtol=1e-3, atol=1e-4)


def test_bfloat16_autocast_trains_to_finite_weights():
    assert trained(CUDA, amp=True).isfinite().all()


COMPILED = """
import torch
from tests.training.test_cuda import trained
assert trained(torch.device("cuda"), compile=True).isfinite().all()
"""


def test_compilation_trains_to_finite_weights():
    """In a process of its own: torch.compile cannot read the checks of shapes that tests run with."""
    subprocess.run([sys.executable, "-c", COMPILED], check=True, cwd=Path(__file__).parents[2])
