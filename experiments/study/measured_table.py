"""Residuals on the samples of measured k-space that were held back."""

from collections.abc import Mapping

from experiments.report.table import Cell, Table
from experiments.study.results import Results


def measured_table(results: Results) -> Table | None:
    """Tabulate residuals on the samples of measured k-space that were held back.

    Args:
        results: of the study.

    Returns:
        The table; None where no method has reconstructed it.
    """
    records = {method: results.held_back(method) for method in results.methods}
    found = {method: record for method, record in records.items() if record is not None}
    if not found:
        return None
    best = min(found, key=lambda method: found[method]["residual"])
    samples = next(iter(found.values()))["samples"]
    share = results.plan.measured["share"]
    return Table(
        "Measured k-space",
        f"100 ||E x - y|| / ||y|| in percent over {samples} frequencies that no reconstruction saw, a random "
        f"{100 * share:g} % of those outside of the centre; they hold noise, which no method can predict. "
        "Each weight is the one of the least residual on another such share. There is no fully sampled "
        "reference. The head is not stripped of its skull, which is what the models were not trained on. "
        f"Methods that use the phase filter it at {results.plan.measured['phase_width']:g} samples here.",
        ("method", "weight", "residual, %"),
        [
            [Cell(method), Cell(f"{record['weight']:g}"), _residual(method, best, record)]
            for method, record in found.items()
        ],
    )


def _residual(method: str, best: str, record: Mapping[str, float]) -> Cell:
    return Cell(f"{record['residual']:.2f}", bold=method == best)
