"""A table with a caption and footnotes, in Markdown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

EMPTY = "—"
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


CODE = re.compile(r"((?<!`)(`+)(?!`).+?(?<!`)\2(?!`))")
"""A span of code, which Markdown takes literally."""


def plain(text: str) -> str:
    r"""Escape in Markdown what HTML escapes, links, and line ends: no name becomes part of the page.

    Example:
        >>> print(plain("**a** <b> & `<c>`"))
        **a** \<b\> \& `<c>`
    """
    parts = CODE.split(" ".join(text.split()))  # text, code, its fence, text, ...
    parts[::3] = [re.sub(r"([\\<>&]|(?<=\])\()", r"\\\1", part) for part in parts[::3]]
    del parts[2::3]
    return "".join(parts)


def code(text: str) -> str:
    """Write a span of code, whatever backticks it holds."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


@dataclass
class Table:
    """A table; its cells may hold Markdown's `**strong**`, `*emphasis*` and code.

    Attributes:
        title: heading.
        caption: what a reader has to know.
        header: names of the columns.
        rows: cells, as many in each row as columns.
        notes: texts of the footnotes.
    """

    title: str
    caption: str
    header: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def mark(self, note: str) -> str:
        """Add a footnote, or find it among those there are."""
        if note not in self.notes:
            self.notes.append(note)
        return str(self.notes.index(note) + 1).translate(SUPERSCRIPT)

    @property
    def frame(self) -> pd.DataFrame:
        """The table without columns that hold nothing."""
        frame = pd.DataFrame(self.rows, columns=list(self.header), dtype=str)
        empty = frame.apply(lambda column: column.str.fullmatch(rf"|–|{EMPTY}[⁰¹²³⁴⁵⁶⁷⁸⁹]*")).all()
        return frame.loc[:, ~empty.astype(bool)] if self.rows else frame

    @property
    def used(self) -> list[tuple[str, str]]:
        """Footnotes of the columns that are shown, with their numbers."""
        numbers = [str(number).translate(SUPERSCRIPT) for number in range(1, len(self.notes) + 1)]
        text = " ".join(self.frame.to_numpy().ravel())
        found = set(re.findall("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", text))
        return [(number, note) for number, note in zip(numbers, self.notes, strict=True) if number in found]

    def numeric(self, column: str) -> bool:
        """Tell whether a column holds numbers, which are aligned on the right."""
        cells = [cell.strip("*") for cell in self.frame[column]]
        known = [cell for cell in cells if cell and not cell.startswith((EMPTY, "–"))]
        return bool(known) and all(re.match(r"[-+−]?\d", cell) for cell in known)

    def markdown(self) -> str:
        """Write the table as Markdown."""
        frame = self.frame
        rule = [" ---: " if self.numeric(column) else " --- " for column in frame]
        lines = [
            f"### {plain(self.title)}",
            "",
            plain(self.caption),
            "",
            f"| {' | '.join(frame)} |",
            f"|{'|'.join(rule)}|",
        ]
        lines += [
            "| " + " | ".join(plain(cell).replace("|", "\\|") for cell in row) + " |"
            for row in frame.to_numpy()
        ]
        lines += ["", *(f"{number} {plain(note)}\\" for number, note in self.used)]
        return "\n".join(lines).rstrip().removesuffix("\\") + "\n"
