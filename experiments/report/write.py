"""The report of finished runs: tables, figures, and one page that shows them."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

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
from experiments.report.table import Table, inline
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


@dataclass(frozen=True)
class Picture:
    """A figure of the report."""

    name: str
    title: str
    caption: str
    png: bytes

    @property
    def base64(self) -> str:
        """The file, for a page that contains it."""
        return b64encode(self.png).decode()


@dataclass(frozen=True)
class Section:
    """A part of the report; its first one has no title."""

    title: str = ""
    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()
    pictures: list[Picture] = field(default_factory=list)


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
    none = [] if verdict.rows else [f"No method has the KL of a run of {reference}."]
    lists = [runs_table(reported), unreported_table(unreported)]
    sections = [
        Section(notes=none, tables=[verdict] if verdict.rows else []),
        *(_section(group, styles) for group in groups),
        Section("Where the numbers come from", tables=[table for table in lists if table.rows]),
    ]
    tables = records(groups) | {"verdict": differing}
    tables["not_reported"] = [item._asdict() for item in unreported]
    contents = {"index.html": _html(sections).encode(), "report.md": _markdown(sections).encode()}
    for name, rows in tables.items():
        if rows:
            contents[f"tables/{name}.csv"] = pd.DataFrame(rows).to_csv(index=False).encode()
    contents |= {f"figures/{picture.name}": picture.png for item in sections for picture in item.pictures}
    for name, content in contents.items():
        with replacing(output / name) as partial:
            partial.write_bytes(content)
    return [output / name for name in contents]


def _section(group: Group, styles: dict[str, dict[str, Any]]) -> Section:
    """The tables and figures of runs that may be compared."""
    section = Section(group.setup.title, notes_of(group), chosen_tables(group))
    slug = _slug(group)
    frontiers = frontier_figures(group, styles)
    for number, (figure, caption) in enumerate(frontiers, start=1):
        part, suffix = (f" ({number} of {len(frontiers)})", f"-{number}") if len(frontiers) > 1 else ("", "")
        title = f"Measures against the rate{part}"
        section.pictures.append(Picture(f"{slug}-frontier{suffix}.png", title, caption, png(figure)))
    shown = [runs[0] for _, runs, _ in method_rows(group) if runs]
    betas = "; ".join(f"{run.method} {run.beta:g}" for run in shown)
    paper = FIGURES.get(group.counterpart or "")
    ours_first = sorted(shown, key=lambda run: run.method != OURS)
    drawings: dict[str, tuple[str, Drawn | None]] = {
        "grid": (
            "Reconstructions and samples" + (f" (the paper's {paper})" if paper else ""),
            grid_figure(shown),
        ),
        "spectra": ("Mean log spectra (the paper's figure 6)", spectra_figure(shown)),
        "kernels": (
            "Kernels over the epochs (the paper's figure 2)",
            next(filter(None, map(kernels_figure, ours_first)), None),
        ),
    }
    for name, (title, drawn) in drawings.items():
        if drawn is not None:
            text = f"Each method's first seed at its chosen beta ({betas}). {drawn[1]}"
            section.pictures.append(Picture(f"{slug}-{name}.png", title, text, png(drawn[0])))
    return section


def _slug(group: Group) -> str:
    setup = group.setup
    words = f"{setup.dataset} {setup.network} {setup.size} {setup.steps or setup.epochs or ''}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _html(sections: Sequence[Section]) -> str:
    loader = PackageLoader("experiments.report", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters["inline"] = inline
    return environment.get_template("page.html.j2").render(title=TITLE, sections=sections) + "\n"


def _markdown(sections: Sequence[Section]) -> str:
    text = f"# {TITLE}\n"
    for section in sections:
        text += (f"\n## {section.title}\n" if section.title else "") + "\n"
        text += "".join(f"* {note}\n" for note in section.notes) + ("\n" if section.notes else "")
        text += "\n".join(table.markdown() for table in section.tables)
        for picture in section.pictures:
            text += (
                f"\n### {picture.title}\n\n![{picture.title}](figures/{picture.name})\n\n{picture.caption}\n"
            )
    return text
