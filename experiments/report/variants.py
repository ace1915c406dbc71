"""Tell runs of one label apart that differ in a setting: the difference joins the method's label."""

import json
from collections.abc import Sequence
from dataclasses import replace

from experiments.report.run import Run
from experiments.report.setup import setups

OWN_SETTINGS = {
    "beta", "seed", "run_name", "resume", "bundle_root", "output_dir", "dataset_dir", "cache_dir", "device",
    "amp", "compile", "num_workers", "checkpoint_interval", "cache_in_memory", "cache_processes",
    "val_interval", "val_batches", "watson_weights", "split", "test_at_end",
    "dataset_name", "network_name", "method_name",
}  # fmt: skip
"""Settings that runs of one method may differ in: of the machine, of where things lie, and the labels."""


def _settings(run: Run) -> dict[str, str]:
    """Write a run's plain settings: numbers, words and lists of numbers, no expressions and no components.

    Args:
        run: the run.

    Returns:
        Name to JSON, words without their quotes.
    """
    plain = {}
    for name in run.config.keys() - OWN_SETTINGS:
        value = run.setting(name)
        numbers = isinstance(value, list) and not any(isinstance(item, str | list | dict) for item in value)
        if isinstance(value, str):
            plain[name] = value
        elif numbers or not isinstance(value, list | dict):
            plain[name] = json.dumps(value)
    return plain


def _told_apart(runs: Sequence[Run]) -> list[Run]:
    """Label the runs of one method that differ from most of it; settings that one of them lacks count not.

    Args:
        runs: runs of one method in one setup.

    Returns:
        The same runs; most of them, or of as many those that finished first, keep the label.
    """
    settings = [_settings(run) for run in runs]
    common = sorted(set.intersection(*map(set, settings)))
    names = [name for name in common if len({own[name] for own in settings}) > 1]
    variants: dict[tuple[str, ...], list[Run]] = {}
    for run, own in sorted(zip(runs, settings, strict=True), key=lambda pair: _finished(pair[0])):
        variants.setdefault(tuple(own[name] for name in names), []).append(run)
    usual = max(variants, key=lambda values: len(variants[values]))
    labelled = []
    for values, members in variants.items():
        differing = [
            f"{name.replace('_', ' ')} {value} instead of {other}"
            for name, value, other in zip(names, values, usual, strict=True)
            if value != other
        ]
        labelled += [replace(run, method=", ".join((run.method, *differing))) for run in members]
    return labelled


def _finished(run: Run) -> str:
    return str(run.environment["finished"])


def tell_variants_apart(runs: Sequence[Run]) -> list[Run]:
    """Give runs of one label, data set, network and length that differ in a setting labels of their own.

    Args:
        runs: any runs.

    Returns:
        The same runs; where some differ from most runs of their method, their label says in what.
    """
    return [
        run for setup in setups(runs) for method in setup.methods for run in _told_apart(setup.of(method))
    ]
