"""The first images of an evaluation, kept until its end."""

import torch
from ignite.engine import Engine, Events
from torch import Tensor

from monai_blurvae.keys import Keys


class FirstImages:
    """Keep the first images that an engine puts out, anew every epoch.

    Args:
        n: largest number of images.

    Raises:
        ValueError: if `n` is below 1.
    """

    def __init__(self, n: int) -> None:
        if n < 1:
            raise ValueError(f"`n` must be at least 1, got {n}")
        self.n = n
        self._images: list[Tensor] = []

    def attach(self, engine: Engine) -> None:
        """Watch an engine.

        Args:
            engine: the evaluator, whose output holds `Keys.IMAGE`.
        """
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)

    def images(self) -> Tensor:
        """Give what was kept so far.

        Returns:
            Images, (n or fewer, ch, *size).
        """
        return torch.cat(self._images)

    def _forget(self, _: Engine) -> None:
        self._images.clear()

    def _collect(self, engine: Engine) -> None:
        missing = self.n - sum(len(images) for images in self._images)
        if missing > 0:
            self._images.append(engine.state.output[Keys.IMAGE][:missing].detach())
