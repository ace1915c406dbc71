"""Training and evaluation on a GPU."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from monai_blurvae.keys import Keys
from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, KernelNet
from monai_blurvae.training import Objective, VAEEvaluator, VAETrainer, fit_scale
from monai_blurvae.training.handlers import CheckpointResumer, CheckpointSaver
from tests.training.conftest import Batches

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


def build_network(device, blur="network", seed=0):
    torch.manual_seed(seed)
    kernel_net = KernelNet(6, (5, 5), hidden_size=10) if blur == "network" else None
    encoder, decoder = (part(16, [4, 8], 6, hidden_size=12) for part in (Encoder, Decoder))
    return BlurVAE(encoder, decoder, kernel_net, WienerBlurLoss(blur)).to(device)


def build_trainer(device, epochs=1, optimizer=torch.optim.SGD, lr=1e-5, blur="network", seed=0, **settings):
    network = build_network(device, blur, seed)
    optimizers = [optimizer(network.vae_parameters(), lr=lr), None]
    if network.kernel_net is not None:
        optimizers[1] = optimizer(network.kernel_net.parameters(), lr=lr)
    return VAETrainer(
        device, epochs, Batches(), Objective(network, network.likelihood, **settings), optimizers
    )


def weights(trainer):
    return torch.cat([parameter.detach().cpu().flatten() for parameter in trainer.network.parameters()])


def trained(device, **settings):
    trainer = build_trainer(device, **settings)
    trainer.run()
    return weights(trainer)


@pytest.mark.parametrize("blur", ["network", "measured"])
def test_weights_agree_with_those_trained_on_the_cpu(blur):
    """Noise is the same on every device, so that only rounding differs."""
    torch.testing.assert_close(trained(CUDA, blur=blur), trained(CPU, blur=blur), rtol=1e-3, atol=1e-4)


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
        network = build_network(device)
        scales.append(fit_scale(network, network.likelihood, Batches()))
        evaluator = VAEEvaluator(device, Batches(length=1), network)
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
