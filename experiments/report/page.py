"""The report as one self-contained HTML page, and as Markdown."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from experiments.report.table import Table

TITLE = "Variational autoencoders and the blur error: runs beside the paper"
PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 1200px;
       margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid #bbb; } h3 { margin: 2rem 0 0.3rem; }
.statement { font-size: 1.05rem; border-left: 5px solid #0072b2; padding: 0.6rem 1rem; background: #f3f7fa; }
.caption, .notes, figcaption { color: #444; font-size: 0.85rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; } tbody tr:hover { background: #f6f6f6; }
td strong { color: #00456e; } td em { color: #666; } td code { font-size: 0.75rem; overflow-wrap: anywhere; }
figure { margin: 2rem 0; overflow-x: auto; }
</style>
</head>
<body>
<h1>$title</h1>
<p class="statement">$statement</p>
$body
</body>
</html>
""")


@dataclass(frozen=True)
class Picture:
    """A figure of the report.

    Attributes:
        name: file name below figures/.
        title: its heading.
        caption: what has to be known to read it.
        png: the file.
    """

    name: str
    title: str
    caption: str
    png: bytes

    def markdown(self) -> str:
        """Show the figure in Markdown.

        Returns:
            Heading, image, caption.
        """
        return f"### {self.title}\n\n![{self.title}](figures/{self.name})\n\n{self.caption}\n"

    def html(self) -> str:
        """Show the figure in HTML, with its file inside.

        Returns:
            A figure.
        """
        data = b64encode(self.png).decode()
        title, caption = escape(self.title), escape(self.caption)
        return (
            f"<figure><h3>{title}</h3><img alt='{title}' src='data:image/png;base64,{data}'>"
            f"<figcaption>{caption}</figcaption></figure>\n"
        )


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        title: its heading.
        notes: plain sentences.
        parts: its tables and figures in order.
    """

    title: str
    notes: Sequence[str]
    parts: Sequence[Table | Picture]


def markdown_page(statement: str, sections: Sequence[Section]) -> str:
    """Write the report as Markdown; its images lie below figures/.

    Args:
        statement: the first paragraph.
        sections: what follows.

    Returns:
        The file's text.
    """
    text = f"# {TITLE}\n\n{statement}\n"
    for section in sections:
        text += f"\n## {section.title}\n\n" + "".join(f"* {note}\n" for note in section.notes) + "\n"
        text += "\n".join(part.markdown() for part in section.parts)
    return text


def html_page(statement: str, sections: Sequence[Section]) -> str:
    """Write the report as one HTML page that refers to nothing outside it.

    Args:
        statement: the first paragraph.
        sections: what follows.

    Returns:
        The file's text.
    """
    body = ""
    for section in sections:
        notes = "".join(f"<li>{escape(note)}</li>" for note in section.notes)
        body += f"<h2>{escape(section.title)}</h2>\n" + (f"<ul>{notes}</ul>\n" if notes else "")
        body += "".join(part.html() for part in section.parts)
    return PAGE.substitute(title=escape(TITLE), statement=escape(statement), body=body)
