"""The measures of an evaluation in one file, measures.json."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events
from ignite.metrics import Metric
from typing_extensions import override

from monai_blurvae.files import write_json
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import NotComputed, PerImageMean
from monai_blurvae.training.handlers.base import Handler


class MeasuresFile(Handler):
    """Write what an evaluation measured: mean and standard deviation over images, or why there is no number.

    {"split": "test", "images": 1024, "measures": {"psnr": {"mean": 24.9, "std": 2.1}, "lpips":
    {"not_computed": "weights ..."}}}. The deviation is null if a measure is not one number per image. Numbers
    that are not finite are null too. Attach it in every process: it counts the images of all processes, and
    rank 0 writes.

    Args:
        output_dir: folder of the file.
        metrics: the evaluator's metrics by name.
        split: which part of the data is evaluated.
    """

    event = Events.COMPLETED

    def __init__(self, output_dir: str | Path, metrics: Mapping[str, Metric], split: str = "test") -> None:
        self.path = Path(output_dir) / "measures.json"
        self.metrics = metrics
        self.split = split
        self._images = 0

    @override
    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._count)
        super().attach(engine)

    def _forget(self, _: Engine) -> None:
        self._images = 0

    def _count(self, engine: Engine) -> None:
        output = engine.state.output  # of a batch, or a list with a dictionary for each image
        self._images += len(output[Keys.IMAGE] if isinstance(output, Mapping) else output)

    @override
    def __call__(self, engine: Engine) -> None:
        images = idist.all_reduce(self._images)
        if idist.get_rank() > 0:
            return
        measures = {name: _entry(engine.state.metrics[name], metric) for name, metric in self.metrics.items()}
        write_json(self.path, {"split": self.split, "images": images, "measures": measures})


def _entry(value: Any, metric: Metric) -> dict[str, Any]:  # noqa: ANN401
    if isinstance(value, NotComputed):
        return {"not_computed": value.reason}
    return {"mean": _finite(value), "std": _finite(metric.std if isinstance(metric, PerImageMean) else None)}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
