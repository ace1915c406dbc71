"""Finished runs beside the paper: tables, figures, one page."""

from monai_blurvae.report.read_runs import read_runs
from monai_blurvae.report.write import write_report
from monai_blurvae.report.write_detection import write_detection

__all__ = ["read_runs", "write_detection", "write_report"]
