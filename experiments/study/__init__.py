"""Methods of reconstruction compared on the same slices, by one command."""

from experiments.study.plan import Plan, read_plan
from experiments.study.write import write_report

__all__ = ["Plan", "read_plan", "write_report"]
