"""The kernels of a few images over the epochs: the paper's figure 2 as numbers."""

from pathlib import Path

import numpy as np
from ignite.engine import Engine
from monai.networks.utils import eval_mode
from typing_extensions import override

from monai_blurvae.files import write_arrays
from monai_blurvae.functional import byte_levels
from monai_blurvae.training.handlers.base import Handler
from monai_blurvae.training.handlers.pictures import FirstImages, LatentModel, kernels_of


class KernelHistory(Handler):
    """Add the kernels of the first images to `kernels.npz` at every validation.

    The file holds `epochs` (m,), `images` uint8 (n, ch, *size) and `kernels` float32 (m, n, *kernel), made
    from mu. Validation shows the same images every time. A resumed run drops the epochs after the one it
    resumes at. A network without kernels leaves no file.

    Args:
        network: The network.
        output_dir: The run's folder.
        n: Number of images.

    Raises:
        ValueError: If `n` is below 1.
    """

    def __init__(self, network: LatentModel, output_dir: str | Path, n: int = 4) -> None:
        self.network = network
        self.path = Path(output_dir) / "kernels.npz"
        self.first = FirstImages(n)

    @override
    def attach(self, engine: Engine) -> None:
        self.first.attach(engine)
        super().attach(engine)

    @override
    def __call__(self, engine: Engine) -> None:
        images = self.first.images()
        with eval_mode(self.network):
            kernel = kernels_of(self.network, self.network.encode(images)[0])
        if kernel is None:
            return
        epochs, kernels = np.array([engine.state.epoch]), kernel.float().cpu().numpy()[None]
        if self.path.is_file():
            with np.load(self.path) as before:
                kept = before["epochs"] < engine.state.epoch
                epochs = np.concatenate([before["epochs"][kept], epochs])
                kernels = np.concatenate([before["kernels"][kept], kernels])
        write_arrays(
            self.path, {"epochs": epochs, "images": byte_levels(images).cpu().numpy(), "kernels": kernels}
        )
