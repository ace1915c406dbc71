"""The paper's networks and schedules, built from the overlays as they stand: nothing is made smaller here."""

import pytest
import torch
from monai.bundle import ConfigParser
from torch import nn

from tests.bundle.conftest import BUNDLE, ROOT

FEATURES = (64, 128, 256, 512)
PAPER = {
    "celeba64": (3, 64, FEATURES, 2, 11, 100, 10),
    "celebahq256": (3, 256, (*FEATURES, 512, 512), 2, 41, 200, 10),
    "hcp64": (1, 64, FEATURES, 2, 11, 400, 20),
    "celeba64+architecture_2": (3, 64, (32, 64, 128, 256, 512), 1, 11, 100, 10),
    "cifar10": (3, 32, FEATURES[:3], 2, 7, 100, 10),
}
"""Channels, size, features of the blocks, linear layers to mu and log variance, kernel size, epochs, warm-up;
what the paper does not print is marked "ours" in the overlays."""


def layers(network, kind):
    return [module for module in network.modules() if isinstance(module, kind)]


@pytest.mark.parametrize("stack", PAPER)
def test_a_protocol_is_the_papers(stack):
    channels, size, features, linear, kernel_size, epochs, warmup = PAPER[stack]
    overlays = [ROOT / "configs" / f"{name}.yaml" for name in stack.split("+")]
    parser = ConfigParser(ConfigParser.load_config_files([BUNDLE / "configs" / "train.json", *overlays]))
    network = parser.get_parsed_content("network_def")
    assert [layer.out_channels for layer in layers(network.encoder, nn.Conv2d)] == list(features)
    assert all(layer.stride == (2, 2) for layer in layers(network.encoder, nn.Conv2d))
    assert len(layers(network.encoder, nn.Linear)) == linear
    assert bool(layers(network.decoder, nn.ConvTranspose2d)) == ("architecture_2" not in stack)
    assert layers(network.kernel_net, nn.Linear)[0].out_features == 1000
    z = torch.zeros(1, 256)
    with torch.no_grad():
        assert network.eval().decode(z).shape == (1, channels, size, size)
        assert network.kernel(z).shape == (1, kernel_size, kernel_size)
    assert parser.get_parsed_content("epochs") == epochs
    assert parser.get_parsed_content("warmup_epochs") == warmup
    assert parser.get_parsed_content("learning_rate") == 1e-4
