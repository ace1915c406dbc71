"""Run parts of the check: python -m scripts.device OUT PART... [--data FILE] [--budget SECONDS] [--short]."""

import argparse
import sys
import traceback
from pathlib import Path

import torch

from scripts.device.context import Context, headline
from scripts.device.equality import equality, machine
from scripts.device.results import Results
from scripts.device.times import compilation, speed, steps
from scripts.device.trace import trace
from scripts.device.training import training

PARTS = {part.__name__: part for part in (machine, equality, steps, training, trace, speed, compilation)}


def main() -> int:
    """Run the parts in order; a part that fails does not stop the next one."""
    parser = argparse.ArgumentParser(prog="python -m scripts.device", description=__doc__)
    parser.add_argument(
        "out", type=Path, help="folder of results.json, summary.md, picture.png and trace.txt"
    )
    parser.add_argument("parts", nargs="+", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--data", type=Path, help="file of scripts/pack_data.py; default: drawn discs")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds that each part may measure")
    parser.add_argument("--short", action="store_true", help="tiny networks")
    arguments = parser.parse_args()
    context = Context(
        torch.device("cuda" if torch.cuda.is_available() else "cpu"),
        arguments.out,
        arguments.data,
        arguments.short,
        arguments.budget,
    )
    results, failed = Results(arguments.out), 0
    for name in arguments.parts:
        results.start(name)
        try:
            for text, figures in PARTS[name](context):
                print(f"{text}\n", flush=True)
                results.add(name, text, figures)
            results.end(name)
        except Exception as error:
            traceback.print_exc()
            results.end(name, f"failed: {headline(error)}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
