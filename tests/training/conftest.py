"""A network and batches small enough to train in milliseconds."""

import pytest
import torch

from monai_blurvae.networks import BlurVAE, Decoder, Encoder, KernelNet

SIZE, LATENT, KERNEL = 16, 6, (5, 5)


def build_network(kernel_net: bool = True, seed: int = 0, likelihood=None) -> BlurVAE:
    torch.manual_seed(seed)
    return BlurVAE(
        Encoder(SIZE, [4, 8], LATENT, hidden_size=12),
        Decoder(SIZE, [4, 8], LATENT, hidden_size=12),
        KernelNet(LATENT, KERNEL, hidden_size=10) if kernel_net else None,
        likelihood,
    )


class Batches:
    """Batches that are a function of epoch and index, as the package's own loaders are."""

    def __init__(self, length: int = 3, batch_size: int = 4) -> None:
        self.length, self.batch_size, self.epoch = length, batch_size, 0
        self.sampler = self

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self):
        for index in range(self.length):
            generator = torch.Generator().manual_seed(1000 * self.epoch + index)
            yield {"image": torch.rand(self.batch_size, 1, SIZE, SIZE, generator=generator) * 2 - 1}


@pytest.fixture
def network() -> BlurVAE:
    return build_network()


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(4, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(5)) * 2 - 1


@pytest.fixture
def noise() -> torch.Tensor:
    return torch.randn(4, LATENT, generator=torch.Generator().manual_seed(6))
