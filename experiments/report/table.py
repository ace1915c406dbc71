"""A table with a caption and footnotes, as Markdown, as HTML and as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what it shows.
        bold: whether it is the best of its column.
        italic: whether it is the paper's, not ours.
        code: whether it is a command.
        note: footnote, None for none.
    """

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    note: str | None = None


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: its heading.
        caption: what has to be known to read it.
        header: names of the columns.
        rows: cells, as many in each row as columns.
        notes: the footnotes' texts, numbered from 1 in the order of the cells.
    """

    title: str
    caption: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        notes = dict.fromkeys(cell.note for row in self.rows for cell in row if cell.note)
        object.__setattr__(self, "notes", tuple(notes))

    def _mark(self, cell: Cell) -> str:
        return f"<sup>{self.notes.index(cell.note) + 1}</sup>" if cell.note else ""

    def markdown(self) -> str:
        """Write the table as Markdown.

        Returns:
            Heading, caption, table, footnotes.
        """

        def text(cell: Cell) -> str:
            mark = "**" if cell.bold else "*" if cell.italic else "`" if cell.code else ""
            shown = cell.text.replace("|", "\\|")
            return (f"{mark}{shown}{mark}" if shown else "") + self._mark(cell)

        lines = [f"### {self.title}", "", self.caption, ""]
        lines += [f"| {' | '.join(self.header)} |", f"|{' --- |' * len(self.header)}"]
        lines += [f"| {' | '.join(map(text, row))} |" for row in self.rows]
        lines += [""] + [f"{number}. {note}" for number, note in enumerate(self.notes, start=1)]
        return "\n".join(lines).rstrip() + "\n"

    def html(self) -> str:
        """Write the table as HTML.

        Returns:
            A section.
        """

        def text(cell: Cell) -> str:
            tag = "strong" if cell.bold else "em" if cell.italic else "code" if cell.code else "span"
            return f"<td><{tag}>{escape(cell.text)}</{tag}>{self._mark(cell)}</td>"

        header = "".join(f"<th>{escape(name)}</th>" for name in self.header)
        rows = "".join(f"<tr>{''.join(map(text, row))}</tr>\n" for row in self.rows)
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        notes = f"<ol class='notes'>{notes}</ol>" if notes else ""
        return (
            f"<section><h3>{escape(self.title)}</h3>\n<p class='caption'>{escape(self.caption)}</p>\n"
            f"<div class='wide'><table><thead><tr>{header}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
            f"{notes}</section>\n"
        )


def csv_text(records: Sequence[Mapping[str, object]]) -> str:
    """Write records as CSV, in full precision.

    Args:
        records: column to value; a column that a record lacks, or None, is an empty field.

    Returns:
        The file's text.
    """
    text = io.StringIO()
    columns = dict.fromkeys(name for record in records for name in record)
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()
