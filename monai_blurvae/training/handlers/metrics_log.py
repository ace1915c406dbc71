"""The numbers of a run: metrics.csv has a row per epoch, metrics.json the latest and the best row."""

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path

from ignite.engine import Engine, Events
from monai.engines.utils import default_metric_cmp_fn
from torch import Tensor

from monai_blurvae.files import write_json, write_text
from monai_blurvae.training.handlers.scalars import scalar_terms

Row = dict[str, float]


class MetricsLog:
    """Write each epoch's mean training terms and validation metrics.

    A row is written anew whenever there is something new for its epoch, so the order of handlers does not
    matter. A resumed run keeps the rows up to the epoch it resumes at and drops later ones. Under several
    processes the training terms are those of the process that writes. The best row is chosen by the
    validator's key metric. JSON has null in place of a number that is not finite.

    Args:
        output_dir: folder of the two files.
        validator: the evaluator that runs within the epochs; None if the watched engine has the metrics.
    """

    def __init__(self, output_dir: str | Path, validator: Engine | None = None) -> None:
        self.csv_path = Path(output_dir) / "metrics.csv"
        self.json_path = Path(output_dir) / "metrics.json"
        self.validator = validator
        self._key: str | None = None
        self._better: Callable[[float, float], bool] = default_metric_cmp_fn
        self._rows: dict[int, Row] | None = None
        self._sums: dict[str, Tensor | float] = {}
        self._iterations = 0

    def attach(self, engine: Engine) -> None:
        """Watch an engine, and the validator if there is one."""
        source = self.validator or engine
        self._key = getattr(source.state, "key_metric_name", None)
        self._better = getattr(source, "metric_cmp_fn", default_metric_cmp_fn)
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write_terms)
        source.add_event_handler(Events.EPOCH_COMPLETED, self._write_metrics)

    def _forget(self, _: Engine) -> None:
        self._sums.clear()
        self._iterations = 0

    def _add(self, engine: Engine) -> None:
        for name, value in scalar_terms(engine.state.output).items():
            value = value.detach().double() if isinstance(value, Tensor) else value
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._iterations += 1

    def _write_terms(self, engine: Engine) -> None:
        means = {f"train_{name}": float(total) / self._iterations for name, total in self._sums.items()}
        self._update(engine.state.epoch, means)

    def _write_metrics(self, source: Engine) -> None:
        metrics = scalar_terms(source.state.metrics)
        self._update(source.state.epoch, {name: float(value) for name, value in metrics.items()})

    def _update(self, epoch: int, values: Row) -> None:
        if self._rows is None:
            self._rows = self._read()
        self._rows = {kept: row for kept, row in sorted(self._rows.items()) if kept <= epoch}
        self._rows.setdefault(epoch, {}).update(values)
        rows = [{"epoch": number, **row} for number, row in self._rows.items()]
        self._write_csv(rows)
        self._write_json(rows)

    def _read(self) -> dict[int, Row]:
        if not self.csv_path.is_file():
            return {}
        try:
            with self.csv_path.open(newline="", encoding="utf-8") as file:
                return {
                    int(row.pop("epoch")): {name: float(value) for name, value in row.items() if value}
                    for row in csv.DictReader(file)
                }
        except (ValueError, KeyError, TypeError, csv.Error) as error:
            raise ValueError(
                f"{self.csv_path} must hold the measures of this run's earlier epochs, got {error!r}: remove "
                "it, and a new table begins"
            ) from error

    def _write_csv(self, rows: list[Row]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, dict.fromkeys(name for row in rows for name in row))
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.csv_path, text.getvalue())

    def _write_json(self, rows: list[Row]) -> None:
        summary = {"latest": rows[-1]}
        key = self._key
        for row in rows:
            if key in row and ("best" not in summary or self._better(row[key], summary["best"][key])):
                summary["best"] = row
        finite = {
            name: {k: v if math.isfinite(v) else None for k, v in row.items()}
            for name, row in summary.items()
        }
        write_json(self.json_path, finite)
