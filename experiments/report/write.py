"""The report of finished runs: tables, figures, and one page that shows them."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from experiments.report.compare import Group, grouped
from experiments.report.figures import (
    REFERENCE,
    Drawn,
    frontier_figures,
    line_styles,
    png,
    spectra_figure,
)
from experiments.report.paper import FIGURES, OURS
from experiments.report.pictures import grid_figure, kernels_figure
from experiments.report.runs import read_runs
from experiments.report.table import plain
from experiments.report.tables import (
    chosen_tables,
    method_rows,
    notes_of,
    records,
    runs_table,
    unreported_table,
    verdict_table,
)
from monai_blurvae.files import replacing

TITLE = "Variational autoencoders and the blur error: runs beside the paper"


def write_report(
    runs: Sequence[str | Path],
    output: str | Path,
    overwrite: bool = False,
    reference: str = REFERENCE,
    kl: float | None = None,
) -> list[Path]:
    """Gather runs into index.html, report.md, tables/*.csv and figures/*.png.

    Args:
        runs: folders of runs, or runs themselves.
        output: folder to write to.
        overwrite: replace files of an earlier report in it; other files stay.
        reference: label of the method that the verdict compares with.
        kl: where the verdict compares, in nats; None takes the KL that most methods share.

    Returns:
        The files written.

    Raises:
        ValueError: If there is no run, `output` is not an empty folder and `overwrite` is not set, or the
            reference is not the default and did not run.
    """
    output = Path(output)
    if output.exists() and not output.is_dir():
        raise ValueError(f"`output` must be a folder, got the file {str(output)!r}")
    if not overwrite and output.is_dir() and any(output.iterdir()):
        raise ValueError(
            f"`output` must be a new or empty folder, got {str(output)!r}: choose another, or pass "
            "--overwrite to replace the files of an earlier report in it"
        )
    reported, unreported = read_runs(runs)
    groups = grouped(reported)
    methods = sorted({run.method for run in reported})
    if reference != REFERENCE and reference not in methods:
        raise ValueError(f"`--to` must be one of {', '.join(methods)}, got {reference!r}")
    styles = line_styles(methods)
    verdict, differing = verdict_table(groups, reference, kl)
    found = [_section(group, styles) for group in groups]
    pictures = {name: picture for _, own in found for name, picture in own.items()}
    first = verdict.markdown() if verdict.rows else f"No method has the KL of a run of {plain(reference)}.\n"
    lists = [table.markdown() for table in (runs_table(reported), unreported_table(unreported)) if table.rows]
    sections = [
        f"# {TITLE}\n",
        first,
        *(text for text, _ in found),
        "## Where the numbers come from\n",
        *lists,
    ]
    text = "\n".join(sections)
    contents = {"index.html": _html(text, pictures).encode(), "report.md": text.encode()}
    tables = records(groups) | {"verdict": differing}
    tables["not_reported"] = [item._asdict() for item in unreported]
    for name, rows in tables.items():
        if rows:
            contents[f"tables/{name}.csv"] = pd.DataFrame(rows).to_csv(index=False).encode()
    contents |= pictures
    for name, content in contents.items():
        with replacing(output / name) as partial:
            partial.write_bytes(content)
    return [output / name for name in contents]


def _section(group: Group, styles: dict[str, dict[str, Any]]) -> tuple[str, dict[str, bytes]]:
    """The tables and figures of runs that may be compared, in Markdown, and the figures' files."""
    frontiers = frontier_figures(group, styles)
    several = len(frontiers) > 1
    drawings: list[tuple[str, str, Drawn | None]] = []
    for number, frontier in enumerate(frontiers, start=1):
        suffix, part = (f"-{number}", f" ({number} of {len(frontiers)})") if several else ("", "")
        drawings.append((f"frontier{suffix}", f"Measures against the rate{part}", frontier))
    shown = [runs[0] for _, runs, _ in method_rows(group) if runs]
    paper = f" (the paper's {FIGURES[group.counterpart]})" if group.counterpart in FIGURES else ""
    ours_first = sorted(shown, key=lambda run: run.method != OURS)
    kernels = next(filter(None, map(kernels_figure, ours_first)), None)
    drawings += [
        ("grid", f"Reconstructions and samples{paper}", grid_figure(shown)),
        ("spectra", "Mean log spectra (the paper's figure 6)", spectra_figure(shown)),
        ("kernels", "Kernels over the epochs (the paper's figure 2)", kernels),
    ]
    betas = "; ".join(f"{run.method} {run.beta:g}" for run in shown)
    about = f"Each method's first seed at its chosen beta ({betas}). "
    parts = [f"## {plain(group.setup.title)}\n", "".join(f"* {plain(note)}\n" for note in notes_of(group))]
    parts += [table.markdown() for table in chosen_tables(group)]
    files = {}
    for name, title, drawn in drawings:
        if drawn is not None:
            figure, caption = drawn
            file = f"figures/{_slug(group)}-{name}.png"
            files[file] = png(figure)
            caption = caption if name.startswith("frontier") else about + caption
            parts.append(f"### {title}\n\n![{title}]({file})\n\n{plain(caption)}\n")
    return "\n".join(parts), files


def _slug(group: Group) -> str:
    setup = group.setup
    words = f"{setup.dataset} {setup.network} {setup.size} {setup.steps or setup.epochs or ''}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:150]


def _html(text: str, pictures: Mapping[str, bytes]) -> str:
    """The page in HTML, which refers to nothing outside it."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    for name, picture in pictures.items():
        body = body.replace(f'src="{name}"', f'src="data:image/png;base64,{b64encode(picture).decode()}"')
    first, *parts = re.split("<h2>(.*?)</h2>", body)  # the verdict; then a name and its part, in turn
    titles = [Markup(name) for name in parts[::2]]
    loader = PackageLoader("experiments.report", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("page.html.j2")
    named = zip(titles, map(Markup, parts[1::2]), strict=True)
    return page.render(title=TITLE, verdict=Markup(first), parts=list(named)) + "\n"
