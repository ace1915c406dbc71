"""One setup's part of the report: its tables and figures."""

import re
from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from experiments.report.choose_beta import choose_beta
from experiments.report.chosen_table import chosen_tables, method_rows
from experiments.report.differences import differences
from experiments.report.equal_kl_table import equal_kl_tables
from experiments.report.frontier_figure import frontier_figure
from experiments.report.grid_figure import grid_figure
from experiments.report.kernels_figure import kernels_figure
from experiments.report.page import Picture, Section
from experiments.report.paper import FIGURES, OURS
from experiments.report.png import LIMIT, png
from experiments.report.protocol import protocol_note
from experiments.report.run import Run
from experiments.report.setup import Length, Setup
from experiments.report.spectra_figure import spectra_figure

Drawn = tuple[Figure, str] | None
ROWS = (4, 3, 2, 1)
"""Rows of a grid, as many as keep its file small."""


def slug(length: Length) -> str:
    """Turn a setup's heading into the beginning of file names.

    Args:
        length: what the setup's runs share.

    Returns:
        Lower-case letters, digits and hyphens.
    """
    words = f"{length.dataset} {length.network} {length.size} {length.steps or length.epochs or ''}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _kernels(runs: Sequence[Run]) -> Drawn:
    ours_first = sorted(runs, key=lambda run: run.method != OURS)
    return next(filter(None, map(kernels_figure, ours_first)), None)


def _grid(runs: Sequence[Run]) -> Drawn:
    drawn = None
    for rows in ROWS:
        drawn = grid_figure(runs, rows)
        if drawn is None or len(png(drawn[0])) <= LIMIT:
            break
    return drawn


def network_note(setup: Setup) -> str:
    """Say what a network's label stands for: labels are free.

    Args:
        setup: the runs to compare.

    Returns:
        "Network narrow: features 16, 32, 64; latent size 64; hidden size 256."
    """

    def text(value: object) -> str:
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    sizes = {
        name: {text(run.setting(name)) if name in run.config else "unknown" for run in setup.runs}
        for name in ("features", "latent_size", "hidden_size")
    }
    words = "; ".join(
        f"{name.replace('_', ' ')} {' or '.join(sorted(found))}" for name, found in sizes.items()
    )
    return f"Network {setup.length.network}: {words}."


def setup_section(setup: Setup) -> Section:
    """Make the part of the report that shows one setup.

    Args:
        setup: the runs to compare.

    Returns:
        Notes, tables and figures.
    """
    length = setup.length
    shown = [row.runs[0] for row in method_rows(setup) if row.runs]
    paper = FIGURES.get(length.counterpart or "")
    grid_title = "Reconstructions and samples" + (f" (the paper's {paper})" if paper else "")
    drawings: list[tuple[str, str, Callable[[], Drawn]]] = [
        ("frontier", "Measures against the rate", lambda: frontier_figure(setup)),
        ("grid", grid_title, lambda: _grid(shown)),
        ("spectra", "Mean log spectra (the paper's figure 6)", lambda: spectra_figure(shown)),
        ("kernels", "Kernels over the epochs (the paper's figure 2)", lambda: _kernels(shown)),
    ]
    pictures, notes = [], [network_note(setup), *differences(setup)]
    for name, title, draw in drawings:
        drawn = draw()
        if drawn is None:
            notes.append(f"{title}: no run recorded them.")
            continue
        figure, caption = drawn
        if name != "frontier":
            caption = f"{_which(setup)} {caption}"
        file = f"{slug(length)}-{name}.png"
        pictures.append(Picture(file, title, f"{caption} {protocol_note(length)}", png(figure)))
    tables = [*chosen_tables(setup), *equal_kl_tables(setup)]
    if len(tables) == 3:
        notes.append("No tables at equal KL: no KL has runs of two methods on both sides.")
    return Section(length.title, notes, [*tables, *pictures])


def _which(setup: Setup) -> str:
    choices = {method: choose_beta(setup, method) for method in setup.methods}
    betas = "; ".join(f"{method} {choice.beta:g}" for method, choice in choices.items() if choice)
    return f"Each method's first seed at its chosen beta ({betas})."
