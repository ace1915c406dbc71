"""The kernels of a few images over the epochs: the paper's figure 2 as numbers."""

from pathlib import Path

import numpy as np
import torch
from ignite.engine import Engine, Events
from monai.networks.utils import eval_mode

from monai_blurvae.functional import byte_levels
from monai_blurvae.networks import LatentModel
from monai_blurvae.training.handlers.archive import save_arrays
from monai_blurvae.training.handlers.first_images import FirstImages


class KernelHistory:
    """Add the kernels of the first images to `kernels.npz` at every validation.

    The file holds `epochs` (n,), `images` uint8 (4, ch, *size) and `kernels` float32 (n, 4, *kernel), of mu.
    Validation shows the same images every time. On resume, epochs of a history given up are dropped. A
    network without a kernel network leaves no file.

    Args:
        network: the network.
        output_dir: the run's folder.
        n: number of images.

    Raises:
        ValueError: if `n` is below 1.
    """

    def __init__(self, network: LatentModel, output_dir: str | Path, n: int = 4) -> None:
        self.network = network
        self.path = Path(output_dir) / "kernels.npz"
        self.first = FirstImages(n)

    def attach(self, engine: Engine) -> None:
        """Watch an evaluator.

        Args:
            engine: the evaluator, its epoch the trainer's; its output holds `Keys.IMAGE`.
        """
        if self.network.kernel_net is not None:
            self.first.attach(engine)
            engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    @torch.no_grad()
    def __call__(self, engine: Engine) -> None:
        """Add this epoch's kernels.

        Args:
            engine: the evaluator at its end.
        """
        images = self.first.images()
        with eval_mode(self.network):
            kernel = self.network.kernel(self.network.encode(images)[0])
        assert kernel is not None
        epochs, kernels = np.array([engine.state.epoch]), kernel.float().cpu().numpy()[None]
        if self.path.is_file():
            with np.load(self.path) as before:
                kept = before["epochs"] < engine.state.epoch
                epochs = np.concatenate([before["epochs"][kept], epochs])
                kernels = np.concatenate([before["kernels"][kept], kernels])
        save_arrays(
            self.path,
            {"epochs": epochs, "images": byte_levels(images).cpu().numpy(), "kernels": kernels},
        )
