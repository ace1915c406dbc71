"""Many runs from one file: every method at every beta and seed, one after the other."""

from experiments.sweep.command import command_line, read_overrides
from experiments.sweep.plan import PlannedRun, read_sweep
from experiments.sweep.runner import Outcome, run_sweep
from experiments.sweep.state import State, difference, state_of

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
