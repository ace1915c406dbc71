"""The same training on a GPU."""

import pytest
import torch

from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.training import Objective, VAETrainer
from tests.training.conftest import Batches, build_network

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def train(device: str, blur: str, **settings) -> torch.Tensor:
    loss = WienerBlurLoss(blur)
    network = build_network(likelihood=loss).to(device)
    optimizers = (
        torch.optim.SGD([*network.encoder.parameters(), *network.decoder.parameters()], lr=1e-5),
        torch.optim.SGD(network.kernel_net.parameters(), lr=1e-5),
    )
    trainer = VAETrainer(torch.device(device), 1, Batches(), Objective(network, loss, **settings), optimizers)
    trainer.run()
    return torch.cat([parameter.detach().cpu().flatten() for parameter in network.parameters()])


@pytest.mark.parametrize("blur", ["network", "measured", "least_squares", "fixed"])
def test_weights_agree_with_those_trained_on_the_cpu(blur):
    """The noise is drawn on the CPU, so that only rounding differs."""
    torch.testing.assert_close(train("cuda", blur), train("cpu", blur), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("settings", [{"amp": True}, {"compile": True}], ids=["bfloat16", "compiled"])
def test_autocast_and_compilation_train_to_finite_weights(settings):
    assert train("cuda", "network", **settings).isfinite().all()
