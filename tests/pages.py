"""The code blocks of documentation pages."""

import re
import shlex
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTHON = re.compile(
    r"(?P<skip><!-- not run: [^\n]* -->\n)?^```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
SHELL = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`((?:python -m|torchrun|snakemake|sphinx-build|pip install|blurvae) [^`\n]+)`")


def documentation() -> list[Path]:
    """Every page: README.md, docs/, and the pages of the bundle and of the overlays."""
    elsewhere = {"_build", "gallery", "upstream", "report.md", "tables.md"}  # made by a command, or not ours
    pages = sorted((ROOT / "docs").rglob("*.md"))
    pages = [page for page in pages if not elsewhere & set(page.relative_to(ROOT / "docs").parts)]
    outside = ["README.md", "CONTRIBUTING.md", "bundle/docs/README.md", "configs/README.md"]
    return [*(ROOT / name for name in outside), ROOT / "docs" / "gallery.template", *pages]


def run_python_blocks(page: Path) -> dict[str, Any]:
    """Run a page's blocks from top to bottom, as a reader would, and return their names.

    A block under `<!-- not run: REASON -->` is only compiled.
    """
    text, names = page.read_text(encoding="utf-8"), {"__name__": "__page__"}
    for block in PYTHON.finditer(text):
        lines_before = "\n" * text[: block.start("code")].count("\n")  # errors show the page's line
        code = compile(lines_before + block["code"], str(page), "exec")
        if not block["skip"]:
            exec(code, names)
    return names


def commands(page: Path) -> list[list[str]]:
    """Read the shell commands of a page, in blocks and in the text, as lists of words."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in SHELL.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    found: list[list[str]] = []
    for line in [*lines, *INLINE.findall(SHELL.sub("", text))]:
        command: list[str] = []
        for word in [*shlex.split(line, comments=True), "&&"]:
            if word != "&&":
                command.append(word)
            elif command:
                found.append(command)
                command = []
    return found
