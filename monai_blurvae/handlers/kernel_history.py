"""The kernels of a few images over the epochs: the paper's figure 2 as numbers."""

from pathlib import Path

import numpy as np
import torch
from ignite.engine import Engine, Events
from monai.networks.utils import eval_mode
from torch import Tensor

from monai_blurvae.functional import byte_levels
from monai_blurvae.handlers.archive import save_arrays
from monai_blurvae.keys import Keys
from monai_blurvae.networks import BlurVAE


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

    def __init__(self, network: BlurVAE, output_dir: str | Path, n: int = 4) -> None:
        if n < 1:
            raise ValueError(f"`n` must be at least 1, got {n}")
        self.network = network
        self.path = Path(output_dir) / "kernels.npz"
        self.n = n
        self._images: list[Tensor] = []

    def attach(self, engine: Engine) -> None:
        """Watch an evaluator.

        Args:
            engine: the evaluator, its epoch the trainer's; its output holds `Keys.IMAGE`.
        """
        if self.network.kernel_net is not None:
            engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
            engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
            engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def _forget(self, _: Engine) -> None:
        self._images.clear()

    def _collect(self, engine: Engine) -> None:
        missing = self.n - sum(len(images) for images in self._images)
        if missing > 0:
            self._images.append(engine.state.output[Keys.IMAGE][:missing].detach())

    @torch.no_grad()
    def __call__(self, engine: Engine) -> None:
        """Add this epoch's kernels.

        Args:
            engine: the evaluator at its end.
        """
        images = torch.cat(self._images)
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
