"""Find every run below some folders; what cannot be reported is named, with the reason."""

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from monai_blurvae import __version__
from monai_blurvae.report import commands
from monai_blurvae.report.run import Run, Unreported, Value, setting

MARKS = ("config.json", "environment.json", "metrics.csv", "model.pt")
"""Any of these makes a folder that of a run."""
LABELS = ("dataset_name", "network_name", "method_name")
LENGTH = ("epochs", "training_steps", "batches_per_epoch", "batch_size", "image_size", "spatial_dims")
MEASURES = Path("test", "measures.json")


class UnfitError(Exception):
    """A run that cannot be reported: the reason, and what completes it."""

    def __init__(self, reason: str, command: str = "") -> None:
        super().__init__(reason)
        self.command = command


def find_run_folders(parents: Iterable[str | Path]) -> tuple[list[Path], list[Path]]:
    """Find the folders of runs, in any depth.

    Args:
        parents: folders of runs, or runs themselves.

    Returns:
        The runs' folders in order, and the folders beside them that hold no run at all.

    Raises:
        ValueError: If one of the parents is no folder.
    """
    runs: dict[Path, Path] = {}
    empty: list[Path] = []
    for parent in map(Path, parents):
        if not parent.is_dir():
            raise ValueError(f"`RUNS` must be folders, got {str(parent)!r}")
        found, others = [], []
        for name, children, files in os.walk(parent):
            folder = Path(name)
            children[:] = sorted(child for child in children if not child.startswith("."))
            if set(MARKS).isdisjoint(files):
                others.append(folder)
            else:
                children.clear()
                found.append(folder)
        runs |= {folder.resolve(): folder for folder in found}
        above = {ancestor for folder in found for ancestor in folder.parents}
        empty += [folder for folder in others if folder not in above and folder.parent in above]
    return list(runs.values()), empty


def read_runs(parents: Iterable[str | Path]) -> tuple[list[Run], list[Unreported]]:
    """Read every run below some folders.

    An evaluation made apart (evaluate.json) stands in for the test of the run whose weights it took, where
    that run has none of this version.

    Args:
        parents: folders of runs, or runs themselves.

    Returns:
        The runs that finished and were tested, and the others.

    Raises:
        ValueError: If there is no run at all.
    """
    parents = list(parents)
    folders, empty = find_run_folders(parents)
    if not folders:
        raise ValueError(f"`RUNS` must hold folders of runs, got none in {', '.join(map(str, parents))}")
    unreported = [Unreported(folder, "no run: its start was refused or never came", "") for folder in empty]
    records: dict[Path, tuple[dict[str, Any], dict[str, Any]]] = {}
    evaluations: dict[Path, Path] = {}
    for folder in folders:
        try:
            records[folder] = _records(folder)
        except UnfitError as unfit:
            unreported.append(Unreported(folder, str(unfit), unfit.command))
    for folder, (config, environment) in list(records.items()):
        stages = set(config.get("base_files", {}))
        if "train.json" in stages and stages <= {"train.json", "multi_gpu_train.json"}:
            continue
        del records[folder]
        evaluated = _evaluated(environment, folders)
        if evaluated is not None and (folder / MEASURES).is_file() and _version_reason(environment) is None:
            evaluations[evaluated] = folder
            reason = f"an evaluation of {evaluated.name}, not a training run"
        else:
            reason = f"not a training run: made by {', '.join(sorted(stages)) or 'an unknown configuration'}"
        unreported.append(Unreported(folder, reason, ""))
    runs = []
    for folder, (config, environment) in records.items():
        try:
            runs.append(_run(folder, config, environment, evaluations.get(folder)))
        except UnfitError as unfit:
            unreported.append(Unreported(folder, str(unfit), unfit.command))
    return _without_repetitions(runs, unreported)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise UnfitError(f"{path.name} is missing") from None
    except (OSError, ValueError) as error:
        raise UnfitError(f"{path.name} is unreadable: {error}") from None
    if not isinstance(content, dict):
        raise UnfitError(f"{path.name} is unreadable: no JSON object")
    return content


def _latest(folder: Path, stem: str) -> list[Path]:
    """The files of the run and of its resumptions, in order.

    Args:
        folder: the run's folder.
        stem: name of the file, without its ending.

    Returns:
        The files; the latest is the last.
    """
    resumptions = folder.glob(f"{stem}_resumed*.json")
    number = {path: int("".join(filter(str.isdigit, path.stem)) or 0) for path in resumptions}
    return [folder / f"{stem}.json", *sorted(number, key=lambda path: number[path])]


def _records(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    config = _json(_latest(folder, "config")[-1])
    if not (folder / "environment.json").is_file():
        raise UnfitError("did not start: no environment.json", commands.train_again(folder))
    try:
        environments = [_json(path) for path in _latest(folder, "environment")]
    except UnfitError as unfit:
        raise UnfitError(str(unfit), commands.train_again(folder)) from None
    environment = environments[0] | environments[-1]
    if "finished" not in environments[-1]:
        environment.pop("finished", None)
    durations = [float(part.get("duration_s", 0)) for part in environments]
    return config, environment | {"duration_s": sum(durations)}


def _version_reason(environment: Mapping[str, Any]) -> str | None:
    version = environment.get("versions", {}).get("monai-blurvae")
    if version == __version__:
        return None
    return f"written by monai-blurvae {version or 'of an unknown version'}; this report reads {__version__}"


def _evaluated(environment: Mapping[str, Any], folders: Sequence[Path]) -> Path | None:
    weights = environment.get("resolved", {}).get("ckpt_path")
    if not isinstance(weights, str):
        return None
    where = Path(weights).parent
    named = [folder for folder in folders if folder.name == where.name]
    exact = [folder for folder in named if folder.resolve().parts[-2:] == where.resolve().parts[-2:]]
    return exact[0] if len(exact) == 1 else named[0] if len(named) == 1 else None


def _run(folder: Path, config: dict[str, Any], environment: dict[str, Any], evaluation: Path | None) -> Run:
    if "finished" not in environment:
        raise UnfitError(
            f"did not finish (started {environment.get('started', 'at an unknown time')})",
            commands.complete(folder),
        )
    dataset, network, method = labels = [setting(name, config, environment) for name in LABELS]
    beta, seed = (setting(name, config, environment) for name in ("beta", "seed"))
    for name, value in zip(LABELS, labels, strict=True):
        if not isinstance(value, str):
            raise UnfitError(f"written by another version: no `{name}`", commands.train_again(folder))
    for name, value in (("beta", beta), ("seed", seed)):
        if not isinstance(value, int | float):
            raise UnfitError(f"`{name}` is no number, got {value!r}", commands.train_again(folder))
    other = _version_reason(environment)
    test = folder if (folder / MEASURES).is_file() and other is None else evaluation
    if test is None:
        reason = other or "no test evaluation"
        raise UnfitError(reason, commands.evaluate(folder))
    for path in (test / MEASURES.parent / "pictures.npz", test / MEASURES.parent / "spectra.npz"):
        if path.is_file() and not is_zipfile(path):
            raise UnfitError(f"{path.name} is unreadable", commands.evaluate(folder))
    if (folder / "kernels.npz").is_file() and not is_zipfile(folder / "kernels.npz"):
        raise UnfitError("kernels.npz is unreadable", commands.train_again(folder))
    try:
        images, measures = _measures(test / MEASURES)
    except UnfitError as unfit:
        raise UnfitError(str(unfit), commands.evaluate(folder)) from None
    return Run(
        folder, (test / MEASURES).parent, dataset, network, method, float(beta), int(seed), config,
        environment, images, measures,
    )  # fmt: skip


def _measures(path: Path) -> tuple[int, dict[str, Value]]:
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


def _without_repetitions(runs: list[Run], unreported: list[Unreported]) -> tuple[list[Run], list[Unreported]]:
    latest: dict[tuple[Any, ...], Run] = {}
    for run in sorted(runs, key=lambda run: str(run.environment["finished"])):
        length = [str(run.setting(name)) for name in LENGTH]
        key = (run.dataset, run.network, *length, run.method, run.beta, run.seed)
        if key in latest:
            reason = f"the same method, beta and seed as {run.folder.name}, which finished later"
            unreported.append(Unreported(latest[key].folder, reason, ""))
        latest[key] = run
    return sorted(latest.values(), key=lambda run: str(run.folder)), unreported
