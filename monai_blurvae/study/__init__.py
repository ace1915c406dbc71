"""Methods of reconstruction compared on the same slices, by one command."""

from monai_blurvae.study.plan import Plan, read_plan
from monai_blurvae.study.run import Run
from monai_blurvae.study.write import write_report

__all__ = ["Plan", "Run", "read_plan", "write_report"]
