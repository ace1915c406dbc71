"""An evaluator's output made of a real picture: blurred reconstructions, samples from another corner."""

import pytest
import skimage.data
import torch

from monai_blurvae.functional import circular_blur, gaussian_kernel
from monai_blurvae.keys import Keys


def cuts(picture, size, n):
    """Cut n squares from the diagonal of a picture, (n, 1, size, size) in [-1, 1]."""
    values = torch.from_numpy(picture[::2, ::2].copy()).float() / 127.5 - 1
    offsets = [24 * index for index in range(n)]
    return torch.stack([values[None, i : i + size, i : i + size] for i in offsets])


@pytest.fixture
def output():
    """Eight images of 32x32, their blurred reconstructions, samples, posteriors and kernels."""
    generator = torch.Generator().manual_seed(0)
    image = cuts(skimage.data.camera(), size=32, n=8)
    latent = torch.randn(3, 8, 5, generator=generator)
    return {
        Keys.IMAGE: image,
        Keys.RECONSTRUCTION: circular_blur(image, gaussian_kernel(1.0, (9, 9)).expand(8, 9, 9)),
        Keys.SAMPLED: image + 0.1 * torch.randn(image.shape, generator=generator),
        Keys.SAMPLES: cuts(skimage.data.camera()[::-1], size=32, n=8),
        Keys.MU: latent[0],
        Keys.LOG_VAR: latent[1],
        Keys.Z: latent[2],
        Keys.KERNEL: torch.rand(8, 5, 5, generator=generator).flatten(1).softmax(dim=1).view(8, 5, 5),
    }


@pytest.fixture
def measure():
    """Give a metric's value over batches, as an engine computes it."""

    def over(metric, *batches):
        from ignite.engine import Engine

        engine = Engine(lambda _, batch: batch)
        metric.attach(engine, "value")
        return engine.run(list(batches)).metrics["value"]

    return over
