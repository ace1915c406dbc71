"""Finished runs beside the paper: tables, figures, one page."""

from experiments.report.read_runs import read_runs
from experiments.report.write import write_report
from experiments.report.write_detection import write_detection

__all__ = ["read_runs", "write_detection", "write_report"]
