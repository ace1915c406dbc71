"""Read every run below some folders; what cannot be reported is named, with the reason."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.report.find_runs import find_run_folders
from experiments.report.read_run import MEASURES, UnfitError, records_of, run_of, version_reason
from experiments.report.run import Run, Unreported
from experiments.report.setup import length_of
from experiments.report.variants import tell_variants_apart


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
            records[folder] = records_of(folder)
        except UnfitError as unfit:
            unreported.append(Unreported(folder, str(unfit), unfit.command))
    for folder, (config, environment) in list(records.items()):
        stages = set(config.get("base_files", {}))
        if "train.json" in stages and stages <= {"train.json", "multi_gpu_train.json"}:
            continue
        del records[folder]
        evaluated = _evaluated(environment, folders)
        if evaluated is not None and (folder / MEASURES).is_file() and version_reason(environment) is None:
            evaluations[evaluated] = folder
            reason = f"an evaluation of {evaluated.name}, not a training run"
        else:
            reason = f"not a training run: made by {', '.join(sorted(stages)) or 'an unknown configuration'}"
        unreported.append(Unreported(folder, reason, ""))
    runs = []
    for folder, (config, environment) in records.items():
        try:
            runs.append(run_of(folder, config, environment, evaluations.get(folder)))
        except UnfitError as unfit:
            unreported.append(Unreported(folder, str(unfit), unfit.command))
    return _without_repetitions(tell_variants_apart(runs), unreported)


def _without_repetitions(runs: list[Run], unreported: list[Unreported]) -> tuple[list[Run], list[Unreported]]:
    latest: dict[tuple[Any, ...], Run] = {}
    for run in sorted(runs, key=lambda run: str(run.environment["finished"])):
        key = (length_of(run), run.method, run.beta, run.seed)
        if key in latest:
            reason = f"the same method, settings, beta and seed as {run.folder.name}, which finished later"
            unreported.append(Unreported(latest[key].folder, reason, ""))
        latest[key] = run
    return sorted(latest.values(), key=lambda run: str(run.folder)), unreported


def _evaluated(environment: Mapping[str, Any], folders: Sequence[Path]) -> Path | None:
    weights = environment["resolved"].get("ckpt_path")
    if not isinstance(weights, str):
        return None
    where = Path(weights).parent
    named = [folder for folder in folders if folder.name == where.name]
    exact = [folder for folder in named if folder.resolve().parts[-2:] == where.resolve().parts[-2:]]
    return exact[0] if len(exact) == 1 else named[0] if len(named) == 1 else None
