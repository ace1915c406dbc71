"""What all benchmarks report alike: the machine, peak memory, JSON beside a Markdown table."""

import json
import os
import platform
import resource
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch


def machine() -> dict[str, Any]:
    """What a figure depends on besides the code; other work on the cores makes times longer."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load_average": list(os.getloadavg()),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def peak_megabytes(who: int = resource.RUSAGE_SELF) -> float:
    """Largest resident memory so far, in MB (Linux counts it in KiB): of this process or of its children."""
    return resource.getrusage(who).ru_maxrss * 1024 / 1e6


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table: names to the left, numbers to the right."""
    alignment = ["---"] + ["---:"] * (len(columns) - 1)
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (columns, alignment, *rows))


def write(folder: Path, name: str, result: dict[str, Any], text: str) -> None:
    """Write NAME.json and NAME.md into a folder, and print the Markdown."""
    on = machine()
    text += (
        f"\n\n{on['threads']} of {on['cores']} cores, load average {on['load_average'][0]:.1f} at the end;"
        f" {on['processor']}, torch {on['torch']}."
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"machine": on, **result}, indent=2) + "\n")
    (folder / f"{name}.md").write_text(text + "\n")
    print(text)
