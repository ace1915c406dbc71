"""Results of all parts: `results.json` for programs, `summary.md` for people, written after every table.

    python -m scripts.device.results OUT PART EXIT_CODE SECONDS [FILE]

states that a part's process ended with this exit code, and adds the last lines that it printed into a file.
Only the standard library is needed here.
"""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

TIMED_OUT = 124
LAST_LINES = 30


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table: names to the left, numbers to the right."""
    alignment = ["---"] + ["---:"] * (len(columns) - 1)
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (columns, alignment, *rows))


class Results:
    """The results of a check, in a folder.

    Args:
        folder: folder of `results.json` and `summary.md`; made if it is missing, continued if it is there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "results.json"
        self.parts: dict[str, dict[str, Any]] = (
            json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        )

    def start(self, part: str) -> None:
        """Begin a part: what an earlier run found is dropped."""
        self.parts[part] = {"state": "running", "started": time.time(), "text": [], "figures": []}
        self.write()

    def add(self, part: str, text: str, figures: object) -> None:
        """Add a piece of Markdown and the numbers behind it."""
        self.parts[part]["text"].append(text)
        self.parts[part]["figures"].append(figures)
        self.write()

    def end(self, part: str, state: str = "done") -> None:
        """End a part."""
        self.parts[part]["state"] = state
        self.parts[part]["seconds"] = round(time.time() - self.parts[part]["started"], 1)
        self.write()

    def write(self) -> None:
        """Write both files."""
        (self.folder / "results.json").write_text(json.dumps(self.parts, indent=1) + "\n", encoding="utf-8")
        overview = table(
            ["part", "state", "seconds"],
            [[name, part["state"], part.get("seconds", "")] for name, part in self.parts.items()],
        )
        sections = [f"## {name.capitalize()}\n\n" + "\n\n".join(p["text"]) for name, p in self.parts.items()]
        text = "\n\n".join(["# Device check", overview, *sections]) + "\n"
        (self.folder / "summary.md").write_text(text, encoding="utf-8")


def main(folder: str, part: str, exit_code: str, seconds: str, printed: str | None = None) -> None:
    """State how a part's process ended; a part that told its own end keeps it."""
    results = Results(Path(folder))
    if part not in results.parts:
        results.start(part)
    if printed is not None:
        lines = Path(printed).read_text(encoding="utf-8").splitlines()[-LAST_LINES:]
        results.add(part, "\n".join(["```", *lines, "```"]), None)
    if results.parts[part]["state"] == "running":
        code = int(exit_code)
        state = {0: "done", TIMED_OUT: "stopped at its time limit"}.get(code, f"failed, exit code {code}")
        results.end(part, state)
        results.parts[part]["seconds"] = int(seconds)
        results.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
