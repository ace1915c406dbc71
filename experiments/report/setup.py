"""Runs that may be compared: one data set, one network, one length of training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from experiments.report.paper import OURS, PaperRow, counterpart, rows_beside
from experiments.report.run import Run


class Length(NamedTuple):
    """What makes runs comparable."""

    dataset: str
    network: str
    size: str
    epochs: int | None
    steps: int | None
    """None where the configuration does not say."""
    batch_size: int | None
    """Images of a step, of all processes together."""

    @property
    def counterpart(self) -> str | None:
        """The paper's data set that runs stand beside; None where it has nothing alike, as for volumes."""
        return None if self.size.count("x") > 1 else counterpart(self.dataset)

    @property
    def paper_rows(self) -> tuple[PaperRow, ...]:
        """The paper's rows that runs are shown beside."""
        return rows_beside(self.dataset, self.network) if self.counterpart else ()

    @property
    def title(self) -> str:
        """A heading."""
        length = f"{self.steps} steps" if self.steps else f"{self.epochs or 'unknown'} epochs"
        batch = f"{length} of {self.batch_size or '?'} images"
        return f"{self.dataset}, network: {self.network}, {self.size}, {batch}"


@dataclass(frozen=True)
class Setup:
    """Runs that may be compared.

    Attributes:
        length: what they share.
        runs: the runs.
    """

    length: Length
    runs: tuple[Run, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """Labels of the methods, Wiener blur's first, the others by name."""
        return tuple(sorted({run.method for run in self.runs}, key=lambda name: (name != OURS, name.lower())))

    def of(self, method: str, beta: float | None = None) -> tuple[Run, ...]:
        """Select runs.

        Args:
            method: label of the method.
            beta: weight of the KL term; None: every one.

        Returns:
            The runs, by beta and seed.
        """
        chosen = [run for run in self.runs if run.method == method and beta in (None, run.beta)]
        return tuple(sorted(chosen, key=lambda run: (run.beta, run.seed)))

    def betas(self, method: str) -> tuple[float, ...]:
        """List the betas that a method ran with.

        Args:
            method: label of the method.

        Returns:
            The betas in order.
        """
        return tuple(sorted({run.beta for run in self.of(method)}))


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def length_of(run: Run) -> Length:
    """Read what a run has to share with those that it is compared with.

    Args:
        run: the run.

    Returns:
        Its data set, network, size and length.
    """
    batch, processes = _whole(run.setting("batch_size")), _whole(run.environment.get("world_size")) or 1
    size, dimensions = _whole(run.setting("image_size")), _whole(run.setting("spatial_dims")) or 2
    epochs, batches = (_whole(run.setting(name)) for name in ("epochs", "batches_per_epoch"))
    return Length(
        run.dataset,
        run.network,
        "x".join([str(size)] * dimensions) if size else "unknown size",
        epochs,
        _whole(run.setting("training_steps")) or (epochs * batches if epochs and batches else None),
        batch * processes if batch else None,
    )


def setups(runs: Sequence[Run]) -> list[Setup]:
    """Group runs into those that may be compared.

    Args:
        runs: any runs.

    Returns:
        The groups, by data set, network and length.
    """
    groups: dict[Length, list[Run]] = {}
    for run in runs:
        groups.setdefault(length_of(run), []).append(run)
    return [Setup(length, tuple(groups[length])) for length in sorted(groups, key=str)]
