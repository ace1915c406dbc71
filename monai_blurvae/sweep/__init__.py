"""Many runs from one file: every method at every beta and seed, one after the other."""

from monai_blurvae.sweep.command import command_line, read_overrides
from monai_blurvae.sweep.plan import PlannedRun, read_sweep
from monai_blurvae.sweep.runner import Outcome, run_sweep
from monai_blurvae.sweep.state import State, difference, state_of

__all__ = [
    "Outcome",
    "PlannedRun",
    "State",
    "command_line",
    "difference",
    "read_overrides",
    "read_sweep",
    "run_sweep",
    "state_of",
]
