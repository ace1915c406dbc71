"""Settings in which runs differ that are compared as if they did not."""

import json
from collections.abc import Sequence

from monai_blurvae.report.run import Run
from monai_blurvae.report.setup import Setup

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
