"""Read one run's folder."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from experiments.report import commands
from experiments.report.run import Run, Value, setting
from monai_blurvae import __version__
from monai_blurvae.files import CONFIGURATION, ENVIRONMENT, PACKAGE, other_version, read_record, records

LABELS = ("dataset_name", "network_name", "method_name")
MEASURES = Path("test", "measures.json")


class UnfitError(Exception):
    """A run that cannot be reported: the reason, and what completes it."""

    def __init__(self, reason: str, command: str = "") -> None:
        super().__init__(reason)
        self.command = command


def _json(path: Path) -> dict[str, Any]:
    try:
        return read_record(path)
    except FileNotFoundError:
        raise UnfitError(f"{path.name} is missing") from None
    except (OSError, ValueError) as error:
        raise UnfitError(f"{path.name} is unreadable: {error}") from None


def records_of(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a run's configuration and record; those of a resumption count where there is one.

    Args:
        folder: the run's folder.

    Returns:
        The configuration, and the record with the duration of all parts.

    Raises:
        UnfitError: If one of them cannot be read, or its parts were written by different versions.
    """
    config = _json((records(folder, CONFIGURATION) or [folder / CONFIGURATION])[-1])
    try:
        environments = [_json(path) for path in records(folder, ENVIRONMENT) or [folder / ENVIRONMENT]]
        environment = environments[0] | environments[-1]
        for mapping in (
            config.get("base_files", {}),
            environment.get("versions"),
            environment.get("resolved"),
        ):
            if not isinstance(mapping, dict):
                raise UnfitError("written by another version: its records have another form")
        versions = dict.fromkeys(other_version(part) or f"{PACKAGE} {__version__}" for part in environments)
        if len(versions) > 1:
            raise UnfitError(f"its parts were written by different versions: {', '.join(versions)}")
        durations = [float(part.get("duration_s", 0)) for part in environments]
    except UnfitError as unfit:
        raise UnfitError(str(unfit), commands.train_again(folder)) from None
    if "finished" not in environments[-1]:
        environment.pop("finished", None)
    return config, environment | {"duration_s": sum(durations)}


def version_reason(environment: Mapping[str, Any]) -> str | None:
    """Say why the measures of a run may mean something else: another version of the package wrote them.

    Args:
        environment: the run's record.

    Returns:
        The reason; None for this version.
    """
    other = other_version(environment)
    return None if other is None else f"written by {other}; this report reads {__version__}"


def run_of(folder: Path, config: dict[str, Any], environment: dict[str, Any], evaluation: Path | None) -> Run:
    """Read a training run.

    Args:
        folder: the run's folder.
        config: its configuration.
        environment: its record.
        evaluation: folder of an evaluation made apart, for where the run's own test is of no use.

    Returns:
        The run.

    Raises:
        UnfitError: If it did not finish, was not tested, or cannot be read.
    """
    if "finished" not in environment:
        reason = f"did not finish (started {environment.get('started', 'at an unknown time')})"
        raise UnfitError(reason, commands.complete(folder))
    dataset, network, method = labels = [setting(name, config, environment) for name in LABELS]
    beta, seed = (setting(name, config, environment) for name in ("beta", "seed"))
    for name, value in zip(LABELS, labels, strict=True):
        if not isinstance(value, str):
            raise UnfitError(f"written by another version: no `{name}`", commands.train_again(folder))
    for name, value in (("beta", beta), ("seed", seed)):
        if not isinstance(value, int | float):
            raise UnfitError(f"`{name}` is no number, got {value!r}", commands.train_again(folder))
    if (folder / "kernels.npz").is_file() and not is_zipfile(folder / "kernels.npz"):
        raise UnfitError("kernels.npz is unreadable", commands.train_again(folder))
    own = folder
    try:
        other = version_reason(environment)
        if other is not None:
            raise UnfitError(other)
        images, measures = _measures(folder)
    except UnfitError as unfit:
        if evaluation is None:
            raise UnfitError(str(unfit), commands.evaluate(folder)) from None
        own, (images, measures) = evaluation, _measures(evaluation)
    return Run(
        folder, (own / MEASURES).parent, dataset, network, method, float(beta), int(seed), config,
        environment, images, measures,
    )  # fmt: skip


def _measures(folder: Path) -> tuple[int, dict[str, Value]]:
    path = folder / MEASURES
    if not path.is_file():
        raise UnfitError("no test evaluation")
    for name in ("pictures.npz", "spectra.npz"):
        if path.with_name(name).is_file() and not is_zipfile(path.with_name(name)):
            raise UnfitError(f"{name} is unreadable")
    content = _json(path)
    if content.get("split") != "test":
        raise UnfitError(f"evaluated on the split {content.get('split')!r}, not on test")
    try:
        values = {name: _value(entry) for name, entry in content["measures"].items()}
        return int(content["images"]), values
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnfitError(f"{path.name} is written by another version: {error!r}") from None


def _value(entry: Mapping[str, Any]) -> Value:
    if "not_computed" in entry:
        return Value(None, None, str(entry["not_computed"]))
    mean, std = entry["mean"], entry.get("std")
    if mean is None or not math.isfinite(mean):
        return Value(None, None, f"the evaluation gave {mean}")
    return Value(float(mean), None if std is None else float(std), None)
