"""Finished runs beside the paper: tables, figures, one page."""

from monai_blurvae.report.read_runs import read_runs
from monai_blurvae.report.write import write_report

__all__ = ["read_runs", "write_report"]
