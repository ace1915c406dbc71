"""The report of finished runs: tables, figures, and one page that shows them."""

from collections.abc import Sequence
from pathlib import Path

from experiments.report.chosen_table import chosen_records
from experiments.report.equal_kl_table import equal_kl_records
from experiments.report.ordering import compare
from experiments.report.page import Picture, Section, html_page, markdown_page
from experiments.report.read_runs import read_runs
from experiments.report.run_tables import ordering_table, reported_table, run_records, unreported_table
from experiments.report.setup import setups
from experiments.report.setup_section import setup_section
from experiments.report.statement import statement
from experiments.report.table import csv_text
from monai_blurvae.files import replacing


def write_report(runs: Sequence[str | Path], output: str | Path, overwrite: bool = False) -> list[Path]:
    """Gather runs into index.html, report.md, tables/*.csv and figures/*.png.

    Args:
        runs: folders of runs, or runs themselves.
        output: folder to write to.
        overwrite: replace files of an earlier report in it; other files stay.

    Returns:
        The files written.

    Raises:
        ValueError: If there is no run, or `output` is not an empty folder and `overwrite` is not set.
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
    groups = setups(reported)
    comparisons = [comparison for setup in groups for comparison in compare(setup)]
    lists = [
        ordering_table(comparisons),
        reported_table(reported) if reported else None,
        unreported_table(unreported),
    ]
    sections = [setup_section(setup) for setup in groups]
    sections.append(
        Section("Where the numbers come from", [], [table for table in lists if table is not None])
    )
    first = statement(comparisons, groups)
    records = {
        "runs": run_records(groups),
        "chosen_beta": [record for setup in groups for record in chosen_records(setup)],
        "equal_kl": [record for setup in groups for record in equal_kl_records(setup)],
        "ordering": [
            {**item._asdict(), "measure": item.measure.name, "agrees": item.agrees} for item in comparisons
        ],
        "not_reported": [item._asdict() for item in unreported],
    }
    pictures = [part for section in sections for part in section.parts if isinstance(part, Picture)]
    contents = {
        "index.html": html_page(first, sections).encode(),
        "report.md": markdown_page(first, sections).encode(),
        **{f"tables/{name}.csv": csv_text(rows).encode() for name, rows in records.items() if rows},
        **{f"figures/{picture.name}": picture.png for picture in pictures},
    }
    for name, content in contents.items():
        with replacing(output / name) as partial:
            partial.write_bytes(content)
    return [output / name for name in contents]
