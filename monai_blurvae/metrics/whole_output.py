"""A measure that takes the evaluator's whole output, of which keys may be missing."""

from collections.abc import Mapping

import torch
from ignite.engine import Engine
from ignite.metrics import Metric
from torch import Tensor

Output = Mapping[str, Tensor | None]
"""What an evaluator puts into `engine.state.output`, by `monai_blurvae.keys.Keys`."""


class WholeOutputMetric(Metric):  # type: ignore[misc]
    """A measure whose `update` is given the output as it is; Ignite refuses one with keys missing."""

    def iteration_completed(self, engine: Engine) -> None:
        """Take in the engine's output, without a graph.

        Args:
            engine: the evaluator after a batch.
        """
        with torch.no_grad():
            self.update(engine.state.output)
