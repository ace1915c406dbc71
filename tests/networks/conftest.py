"""A small model of either dimension, with running statistics that are not the initial ones."""

from collections.abc import Callable

import pytest
import torch

from monai_blurvae.networks import BlurVAE, Decoder, Encoder, KernelNet


@pytest.fixture(params=[2, 3], ids=["2D", "3D"])
def network(request: pytest.FixtureRequest, make_network: Callable[..., BlurVAE]) -> BlurVAE:
    return make_network(spatial_dims=request.param)


@pytest.fixture
def make_network() -> Callable[..., BlurVAE]:
    def make(spatial_dims: int = 2, with_kernel: bool = True, features: tuple[int, ...] = (4, 8)) -> BlurVAE:
        torch.manual_seed(0)
        shape = {"image_size": 16, "features": features, "latent_size": 5, "spatial_dims": spatial_dims}
        network = BlurVAE(
            Encoder(**shape, channels=2, hidden_size=12),
            Decoder(**shape, channels=2, hidden_size=12),
            KernelNet(5, [3] * spatial_dims, hidden_size=10) if with_kernel else None,
        )
        for norm in network.modules():
            if isinstance(norm, torch.nn.modules.batchnorm._BatchNorm):
                torch.nn.init.uniform_(norm.running_mean, -0.1, 0.1)
                torch.nn.init.uniform_(norm.running_var, 0.5, 2.0)
        return network

    return make


@pytest.fixture
def image(network: BlurVAE) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(3, 2, *[16] * network.spatial_dims, generator=generator) * 2 - 1
