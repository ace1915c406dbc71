"""Finished runs beside the paper: one page with tables and figures. It needs no torch."""

from experiments.report.runs import read_runs
from experiments.report.write import write_report

__all__ = ["read_runs", "write_report"]
