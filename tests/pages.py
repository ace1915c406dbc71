"""The Python code blocks of documentation pages."""

import re
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def run_python_blocks(page: Path) -> dict[str, Any]:
    """Run a page's blocks from top to bottom, as a reader would, and return their names."""
    text, names = page.read_text(encoding="utf-8"), {"__name__": "__page__"}
    for block in BLOCK.finditer(text):
        lines_before = "\n" * text[: block.start(1)].count("\n")  # errors show the page's line
        exec(compile(lines_before + block[1], str(page), "exec"), names)
    return names
