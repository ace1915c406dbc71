"""Runs that may be compared: one data set, one network, one length of training."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monai_blurvae.report.paper import OURS, PaperRow, counterpart, rows_beside
from monai_blurvae.report.run import Run


class Protocol(NamedTuple):
    """What the paper trains on a data set."""

    epochs: int | None
    """None: not printed."""
    image_size: int
    images: int | None
    """Training images in an epoch; None: random patches, their number not printed."""


PROTOCOLS = {
    "CelebA64": Protocol(100, 64, 160_000),
    "CelebA-HQ256": Protocol(200, 256, 24_000),
    "HCP64": Protocol(400, 64, None),
    "CIFAR10": Protocol(None, 32, 50_000),
}
OWN_SETTINGS = {
    "beta", "seed", "run_name", "resume", "bundle_root", "output_dir", "dataset_dir", "cache_dir", "device",
    "amp", "compile", "num_workers", "checkpoint_interval", "cache_in_memory", "val_interval", "val_batches",
}  # fmt: skip
"""Settings that runs of one method may differ in."""
SHARED_SETTINGS = (
    "latent_size",
    "hidden_size",
    "features",
    "upsampling",
    "learning_rate",
    "scale",
    "min_brain",
)
"""Settings that methods to be compared should share."""


class Length(NamedTuple):
    """What makes runs comparable."""

    dataset: str
    network: str
    size: str
    epochs: int | None
    steps: int | None
    """None where the configuration does not say."""
    batch_size: int | None

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


def _length(run: Run) -> Length:
    size, dimensions = _whole(run.setting("image_size")), _whole(run.setting("spatial_dims")) or 2
    epochs, batches = (_whole(run.setting(name)) for name in ("epochs", "batches_per_epoch"))
    return Length(
        run.dataset,
        run.network,
        "x".join([str(size)] * dimensions) if size else "unknown size",
        epochs,
        _whole(run.setting("training_steps")) or (epochs * batches if epochs and batches else None),
        _whole(run.setting("batch_size")),
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
        groups.setdefault(_length(run), []).append(run)
    return [Setup(length, tuple(groups[length])) for length in sorted(groups, key=str)]


def is_shortened(length: Length) -> bool | None:
    """Tell whether training was shorter than the paper's, or of another network or size.

    Args:
        length: what runs share.

    Returns:
        The answer; None where the paper has nothing to compare with.
    """
    protocol = PROTOCOLS.get(length.counterpart or "")
    if protocol is None:
        return None
    size = int(length.size.partition("x")[0]) if length.size[0].isdigit() else 0
    seen = (length.steps or 0) * (length.batch_size or 0)
    shorter = protocol.epochs is not None and (length.epochs or 0) < protocol.epochs
    fewer = None not in (protocol.images, protocol.epochs, length.steps, length.batch_size) and seen < (
        (protocol.images or 0) * (protocol.epochs or 0)
    )
    second = length.network == "architecture 2" and length.counterpart == "CelebA64"
    other = length.network != "architecture 1" and not second
    return shorter or fewer or other or size != protocol.image_size


def protocol_note(length: Length) -> str:
    """Say how long runs trained, and how the paper's protocol is longer: every caption ends so.

    Args:
        length: what runs share.

    Returns:
        One or two sentences.
    """
    steps = f"{length.steps} steps" if length.steps else "an unrecorded number of steps"
    ours = f"Trained for {steps} of {length.batch_size or 'an unrecorded number of'} images"
    ours += f" ({length.epochs or 'unknown'} epochs), {length.size}, network: {length.network}."
    name = length.counterpart
    if name is None:
        return f"{ours} The paper has no such data set."
    protocol = PROTOCOLS[name]
    epochs = f"{protocol.epochs} epochs" if protocol.epochs else "a number of epochs it does not print"
    network = "architecture 2" if length.network == "architecture 2" else "architecture 1"
    theirs = f"{name}, {epochs}, {protocol.image_size}x{protocol.image_size}, {network}"
    if is_shortened(length):
        return f"{ours} Shortened or reduced against the paper's protocol ({theirs})."
    return f"{ours} The paper's protocol: {theirs}."


def differences(setup: Setup) -> list[str]:
    """Find settings in which runs differ that are compared as if they did not.

    Args:
        setup: the runs.

    Returns:
        A sentence for each such setting.
    """

    def values(runs: Sequence[Run], name: str) -> list[str]:
        return sorted({json.dumps(run.setting(name), default=str) for run in runs})

    notes = []
    for method in setup.methods:
        runs = setup.of(method)
        plain = {
            name for run in runs for name, value in run.config.items() if not isinstance(value, dict | str)
        }
        for name in sorted(plain - OWN_SETTINGS):
            found = values(runs, name)
            if len(found) > 1 and not any(isinstance(run.config.get(name), list | dict) for run in runs):
                notes.append(f"{method}: its runs differ in `{name}`: {', '.join(found)}.")
    for name in SHARED_SETTINGS:
        found = values(setup.runs, name)
        if len(found) > 1 and not any(f"`{name}`" in note for note in notes):
            notes.append(f"Methods differ in `{name}`: {', '.join(found)}.")
    return notes
