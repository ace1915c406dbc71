"""Many training runs from one file: every method at every beta and seed. The Snakefile makes them."""

from experiments.sweep.plan import PlannedRun, read_sweep
from experiments.sweep.train import State, command_line, difference, state_of, train

__all__ = ["PlannedRun", "State", "command_line", "difference", "read_sweep", "state_of", "train"]
