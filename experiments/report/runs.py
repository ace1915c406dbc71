"""Runs below some folders: what each measured, or why it cannot be reported."""

import json
import math
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from monai_blurvae import __version__
from monai_blurvae.files import CONFIGURATION, ENVIRONMENT, PACKAGE, other_version, read_record, records

BUNDLE = "python -m monai.bundle run"
MARKS = ("config.json", "environment.json", "metrics.csv", "model.pt")
"""A folder with any of these is that of a run."""
MEASURES = Path("test", "measures.json")
ARRAYS = {
    "kernels.npz": {"epochs": 1, "images": 3, "kernels": 4},
    "test/pictures.npz": {"inputs": 4, "reconstructions": 4, "samples": 4},
    "test/spectra.npz": {"data": 2, "reconstructions": 2, "samples": 2},
}
"""Arrays that figures draw, by file, with their least number of axes."""
Record = dict[str, Any]
FREE = {
    "beta", "seed", "run_name", "resume", "bundle_root", "output_dir", "dataset_dir", "cache_dir", "device",
    "amp", "compile", "num_workers", "checkpoint_interval", "cache_in_memory", "cache_processes",
    "val_interval", "val_batches", "watson_weights", "split", "test_at_end",
    "dataset_name", "network_name", "method_name",
}  # fmt: skip
"""Settings that runs of one method may differ in."""


class Value(NamedTuple):
    """One measure of one run."""

    mean: float | None
    """Over the test images; None where it was not computed."""
    std: float | None
    """Over the test images; None for a measure of the whole set."""
    why_not: str | None
    """Why it was not computed."""


class Setup(NamedTuple):
    """What runs share that may be compared."""

    dataset: str
    network: str
    size: str
    epochs: int | None
    steps: int | None
    batch_size: int | None
    """Images of a step, of all processes together."""

    @property
    def title(self) -> str:
        """A heading."""
        length = f"{self.steps} steps" if self.steps else f"{self.epochs or 'unknown'} epochs"
        batch = f"{length} of {self.batch_size or '?'} images"
        return f"{self.dataset}, network: {self.network}, {self.size}, {batch}"


@dataclass(frozen=True)
class Run:
    """A run that finished and was evaluated on its test split."""

    folder: Path
    test: Path
    """Folder of the evaluation."""
    method: str
    """Label of the reconstruction term."""
    beta: float
    seed: int
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    """When, where and by which commit it ran."""
    images: int
    """Number of images evaluated."""
    measures: Mapping[str, Value]

    def value(self, name: str) -> Value:
        """Look up a measure."""
        return self.measures.get(name, Value(None, None, "not among the evaluation's measures"))

    def setting(self, name: str) -> Any:  # noqa: ANN401
        """Look up a setting: its recorded value, else the configuration's."""
        return _setting(name, self.config, self.environment)

    @property
    def setup(self) -> Setup:
        """What the run shares with those that it may be compared with."""
        batch, processes = _whole(self.setting("batch_size")), _whole(self.environment.get("world_size")) or 1
        size, dimensions = _whole(self.setting("image_size")), _whole(self.setting("spatial_dims")) or 2
        if dimensions > 3:
            raise UnfitError(f"its records are damaged: images of {dimensions} axes")
        epochs, batches = (_whole(self.setting(name)) for name in ("epochs", "batches_per_epoch"))
        return Setup(
            self.setting("dataset_name"),
            self.setting("network_name"),
            "x".join([str(size)] * dimensions) if size else "unknown size",
            epochs,
            _whole(self.setting("training_steps")) or (epochs * batches if epochs and batches else None),
            batch * processes if batch else None,
        )


class Unreported(NamedTuple):
    """A folder that the tables leave out."""

    folder: Path
    reason: str
    command: str = ""
    """The command that completes it; empty where none is needed."""


class UnfitError(Exception):
    """Why a run cannot be reported."""


def read_runs(parents: Iterable[str | Path]) -> tuple[list[Run], list[Unreported]]:
    """Read every run below some folders: first those that finished and were tested, then the rest.

    A separate evaluation (evaluate.json) stands in for the test of the run whose weights it took, if that run
    has no test of this version.
    """
    parents = list(parents)
    folders = _find(parents)
    if not folders:
        raise ValueError(f"`RUNS` must hold folders of runs, got none in {', '.join(map(str, parents))}")
    unreported: list[Unreported] = []
    found: dict[Path, tuple[Record, Record]] = {}
    evaluations: dict[tuple[str, ...], Path] = {}
    for folder in folders:
        try:
            with _unfit():
                config, environment = _records(folder)
        except UnfitError as unfit:
            unreported.append(Unreported(folder, str(unfit), train_again(folder)))
            continue
        stages, weights = set(config.get("base_files", {})), environment["resolved"].get("ckpt_path")
        if "train.json" in stages and stages <= {"train.json", "multi_gpu_train.json"}:
            found[folder] = config, environment
        elif "evaluate.json" in stages and isinstance(weights, str) and other_version(environment) is None:
            evaluations[Path(weights).resolve().parts[-3:-1]] = folder
        else:
            made = ", ".join(sorted(stages)) or "an unknown configuration"
            unreported.append(Unreported(folder, f"not a training run: made by {made}"))
    runs = []
    for folder, (config, environment) in found.items():
        try:
            with _unfit():
                runs.append(_run(folder, config, environment, evaluations.get(folder.resolve().parts[-2:])))
        except UnfitError as unfit:
            unreported.append(Unreported(folder, str(unfit), _completing(folder, "finished" in environment)))
    latest: dict[tuple[Any, ...], Run] = {}
    for run in sorted(_told_apart(runs), key=_finished):
        key = (run.setup, run.method, run.beta, run.seed)
        if key in latest:
            reason = f"the same method, settings, beta and seed as {run.folder.name}, which finished later"
            unreported.append(Unreported(latest[key].folder, reason))
        latest[key] = run
    return sorted(latest.values(), key=lambda run: str(run.folder)), unreported


def shown(path: Path) -> str:
    """Write a path for people, relative to the current folder if it lies below it."""
    absolute, here = path.resolve(), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()


def train_again(folder: Path) -> str:
    """Give the command that makes a run again."""
    config, name = shlex.quote(shown(folder / "config.json")), shlex.quote(f"{folder.name}-again")
    return f"{BUNDLE} training --config_file {config} --run_name {name}"


def _completing(folder: Path, finished: bool) -> str:
    """The command that resumes a run, evaluates a finished one, or else makes it again."""
    config, weights = shown(folder / "config.json"), folder / "model.pt"
    if not finished and (folder / "checkpoint.pt").is_file():
        return f"{BUNDLE} training --config_file {shlex.quote(config)} --resume {shlex.quote(shown(folder))}"
    if finished and weights.is_file():
        files = f"['{config}','bundle/configs/evaluate.json']"
        return f'{BUNDLE} evaluating --config_file "{files}" --ckpt_path {shlex.quote(shown(weights))}'
    return train_again(folder)


def _find(parents: Iterable[str | Path]) -> list[Path]:
    """Folders of runs in any depth."""
    found: dict[Path, Path] = {}
    for parent in map(Path, parents):
        if not parent.is_dir():
            raise ValueError(f"`RUNS` must be folders, got {str(parent)!r}")
        for name, children, files in os.walk(parent):
            children[:] = sorted(child for child in children if not child.startswith("."))
            if "report.md" in files:
                children.clear()
            elif not set(MARKS).isdisjoint(files):
                children.clear()
                found[Path(name).resolve()] = Path(name)
    return list(found.values())


@contextmanager
def _unfit() -> Iterator[None]:
    """One damaged run never ends a report, whatever its files hold."""
    try:
        yield
    except UnfitError:
        raise
    except Exception as error:
        raise UnfitError(f"its records are damaged: {type(error).__name__}: {error}") from error


def _json(path: Path) -> Record:
    try:
        return read_record(path)
    except FileNotFoundError:
        raise UnfitError(f"{path.name} is missing") from None
    except (OSError, ValueError) as error:
        raise UnfitError(f"{path.name} is unreadable: {error}") from None


def _records(folder: Path) -> tuple[Record, Record]:
    """A run's last configuration, and its record with the duration of all parts."""
    config = _json((records(folder, CONFIGURATION) or [folder / CONFIGURATION])[-1])
    parts = [_json(path) for path in records(folder, ENVIRONMENT) or [folder / ENVIRONMENT]]
    environment = parts[0] | parts[-1]
    forms = (config.get("base_files", {}), environment.get("versions"), environment.get("resolved"))
    if not all(isinstance(form, dict) for form in forms):
        raise UnfitError("written by another version: its records have another form")
    versions = dict.fromkeys(other_version(part) or f"{PACKAGE} {__version__}" for part in parts)
    if len(versions) > 1:
        raise UnfitError(f"its parts were written by different versions: {', '.join(versions)}")
    if "finished" not in parts[-1]:
        environment.pop("finished", None)
    return config, environment | {"duration_s": sum(float(part.get("duration_s", 0)) for part in parts)}


def _run(folder: Path, config: Record, environment: Record, evaluation: Path | None) -> Run:
    if "finished" not in environment:
        raise UnfitError(f"did not finish (started {environment.get('started', 'at an unknown time')})")
    names = {"dataset_name": str, "network_name": str, "method_name": str, "beta": int | float, "seed": int}
    values = {name: _setting(name, config, environment) for name in names}
    for name, kind in names.items():
        if not isinstance(values[name], kind):
            raise UnfitError(f"written by another version: no `{name}`")
        if len(str(values[name])) > 200:
            raise UnfitError(f"its records are damaged: `{name}` of {len(str(values[name]))} characters")
    own = folder
    try:
        other = other_version(environment)
        if other is not None:
            raise UnfitError(f"written by {other}; this report reads {__version__}")
        images, measures = _measures(folder)
    except UnfitError:
        if evaluation is None:
            raise
        own, (images, measures) = evaluation, _measures(evaluation)
    for name, axes in ARRAYS.items():
        _check_arrays((folder if name == "kernels.npz" else own) / name, axes)
    method, beta, seed = (values[name] for name in ("method_name", "beta", "seed"))
    if not 0 <= beta < math.inf or not math.isfinite(environment["duration_s"]):
        raise UnfitError(f"its records are damaged: beta {beta}, duration {environment['duration_s']} s")
    run = Run(folder, own / "test", method, float(beta), seed, config, environment, images, measures)
    hash(run.setup)  # what cannot be compared is found here
    return run


def _check_arrays(path: Path, axes: Mapping[str, int]) -> None:
    if not path.is_file():
        return
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in axes}
    except Exception as error:
        raise UnfitError(f"{path.name} is unreadable: {error}") from error
    for name, array in arrays.items():
        if array.dtype.kind not in "uif" or array.ndim < axes[name] or not np.isfinite(array).all():
            raise UnfitError(
                f"`{name}` of {path.name} must be finite numbers on at least {axes[name]} axes, got "
                f"{array.dtype} of shape {array.shape}"
            )
    if path.name == "kernels.npz":
        epochs, images, kernels = arrays.values()
        fit = kernels.shape[:2] == (len(epochs), len(images))
    else:
        sizes = {array.shape[1:] if array.ndim > 3 else array.shape for array in arrays.values()}
        fit = len(sizes) == 1 and all(array.size for array in arrays.values())
    if not fit:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise UnfitError(f"{path.name} must hold arrays that belong together, got {shapes}")


def _measures(folder: Path) -> tuple[int, dict[str, Value]]:
    path = folder / MEASURES
    if not path.is_file():
        raise UnfitError("no test evaluation")
    content = _json(path)
    if content.get("split") != "test":
        raise UnfitError(f"evaluated on the split {content.get('split')!r}, not on test")
    try:
        return int(content["images"]), {name: _value(entry) for name, entry in content["measures"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnfitError(f"{path.name} is written by another version: {error!r}") from None


def _value(entry: Mapping[str, Any]) -> Value:
    if "not_computed" in entry:
        return Value(None, None, str(entry["not_computed"]))
    mean, std = entry["mean"], entry.get("std")
    if mean is None or not math.isfinite(mean):
        return Value(None, None, f"the evaluation gave {mean}")
    return Value(float(mean), None if std is None else float(std), None)


def _setting(name: str, config: Mapping[str, Any], environment: Mapping[str, Any]) -> Any:  # noqa: ANN401
    value = environment.get("resolved", {}).get(name, config.get(name))
    return None if isinstance(value, str) and value.startswith(("$", "@", "%")) else value


def _whole(value: object) -> int | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return int(value) if 0 <= value < 1e9 else None


def _finished(run: Run) -> str:
    return str(run.environment["finished"])


def _plain(run: Run) -> dict[str, str]:
    """A run's settings that are numbers, words or lists of numbers, as JSON."""
    plain = {}
    for name in run.config.keys() - FREE:
        value = run.setting(name)
        numbers = isinstance(value, list) and not any(isinstance(item, str | list | dict) for item in value)
        if isinstance(value, str):
            plain[name] = value
        elif numbers or not isinstance(value, list | dict):
            plain[name] = json.dumps(value)
    return plain


def _told_apart(runs: Sequence[Run]) -> list[Run]:
    """Add to a label the settings in which a run differs from most runs of that label."""
    groups: dict[tuple[Setup, str], list[Run]] = {}
    for run in sorted(runs, key=_finished):
        groups.setdefault((run.setup, run.method), []).append(run)
    labelled = []
    for members in groups.values():
        settings = [_plain(run) for run in members]
        common = sorted(set.intersection(*map(set, settings)))
        names = [name for name in common if len({own[name] for own in settings}) > 1]
        variants: dict[tuple[str, ...], list[Run]] = {}
        for run, own in zip(members, settings, strict=True):
            variants.setdefault(tuple(own[name] for name in names), []).append(run)
        usual = max(variants, key=lambda values: len(variants[values]))
        for values, same in variants.items():
            differing = [
                f"{name.replace('_', ' ')} {value} instead of {other}"
                for name, value, other in zip(names, values, usual, strict=True)
                if value != other
            ]
            labelled += [replace(run, method=", ".join((run.method, *differing))) for run in same]
    return labelled
