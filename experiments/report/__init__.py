"""Finished runs beside the paper: one page with tables and figures. It needs no torch.

`runs.read_runs` decides which runs count: those that finished, were tested on the test split by this version,
and have no later run of the same method, settings, beta and seed. `compare.choose_beta` decides at which beta
a method's row stands: the one with the lowest FID of samples, or the highest SSIM if a run has no FID. The
verdict instead compares all methods at equal KL, `compare.common_kl`, interpolated between the betas of each.
"""

from experiments.report.runs import read_runs
from experiments.report.write import write_report

__all__ = ["read_runs", "write_report"]
