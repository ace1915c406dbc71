"""The paper's choice of beta: for every method the one with the lowest FID of samples."""

from typing import NamedTuple

import numpy as np

from experiments.report.measures import MEASURES, Measure
from experiments.report.setup import Setup


class Choice(NamedTuple):
    """The beta that a method is shown at."""

    beta: float
    at_edge: bool
    """Whether it is the least or the largest of several betas: a wider sweep may find a better one."""
    swept: int
    """Number of betas to choose from."""


def criterion(setup: Setup) -> Measure:
    """Tell what beta is chosen by: one rule for all methods of a comparison.

    Args:
        setup: the runs to compare.

    Returns:
        FID of samples where every run has it, else SSIM.
    """
    every = all(run.value("fid_samples").mean is not None for run in setup.runs)
    return MEASURES["fid_samples" if every else "ssim"]


def choose_beta(setup: Setup, method: str) -> Choice | None:
    """Choose the beta that a method is shown at, by the mean over seeds.

    Args:
        setup: the runs to compare.
        method: label of the method.

    Returns:
        The choice; None where no run has the criterion and there are several betas.
    """
    measure, betas = criterion(setup), setup.betas(method)
    if len(betas) == 1:
        return Choice(betas[0], at_edge=False, swept=1)
    scores = {}
    for beta in betas:
        values = [run.value(measure.name).mean for run in setup.of(method, beta)]
        known = [value for value in values if value is not None]
        if known:
            scores[beta] = measure.badness(float(np.mean(known)))
    if not scores:
        return None
    beta = min(scores, key=lambda beta: scores[beta])
    return Choice(beta, at_edge=beta in (betas[0], betas[-1]), swept=len(betas))


def criterion_note(setup: Setup) -> str:
    """Say what beta was chosen by, and why.

    Args:
        setup: the runs to compare.

    Returns:
        A sentence.
    """
    if criterion(setup).name == "fid_samples":
        return "Each method at the beta of its lowest FID of samples, the paper's rule."
    lacking = sum(run.value("fid_samples").mean is None for run in setup.runs)
    return (
        "Each method at the beta of its highest SSIM: the paper's rule, the lowest FID of samples, is not to "
        f"be had ({lacking} of {len(setup.runs)} runs have no FID)."
    )
