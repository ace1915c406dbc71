"""Settings in which runs differ that are compared as if they did not."""

import json
from collections.abc import Sequence

from experiments.report.run import Run
from experiments.report.setup import Setup

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
    for name in SHARED_SETTINGS:
        found = values(setup.runs, name)
        if len(found) > 1:
            notes.append(f"Methods differ in `{name}`: {', '.join(found)}.")
    return notes
