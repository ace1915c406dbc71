"""`python -m tests.campaign [PART...] [--minutes N] [--seed S] [--number N] [--match TEXT] [-o FILE]`."""

import argparse
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from itertools import takewhile
from pathlib import Path

import matplotlib as mpl
import torch
from matplotlib.layout_engine import ConstrainedLayoutEngine

from tests.campaign.attempt import CLEAR, FINE, KINDS, Outcome, attempt
from tests.campaign.material import make_workspace

TOGETHER = 50
"""Cases that may share a process."""
PARTS = ("inputs", "mutations", "kills", "strangers", "disk")


def go_through(part, cases, folder, until):
    """Try cases, one process at a time, until all are tried, the time is over, or somebody stops it."""
    outcomes = []
    yield outcomes
    while len(outcomes) < len(cases) and time.monotonic() < until:
        several = cases[len(outcomes) : len(outcomes) + TOGETHER]
        batch = several[:1] if several[0].alone else list(takewhile(lambda case: not case.alone, several))
        try:
            outcomes += attempt(batch, folder)
        except KeyboardInterrupt:
            break
        failed = sum(outcome.kind not in FINE for outcome in outcomes)
        sys.stdout.write(f"\r{part}: {len(outcomes)} of {len(cases)} cases, {failed} failed")
        sys.stdout.flush()
        yield outcomes
    sys.stdout.write("\n")


def table(found, planned):
    """Write the results as Markdown: a row for each part, then the failures by where they come from."""
    columns = ["part", "tried", "of", *(kind + "s" for kind in KINDS[:1]), *KINDS[1:], "most MB", "longest s"]
    rows = ["| " + " | ".join(columns) + " |", "| --- |" + " ---: |" * (len(columns) - 1)]
    for part, outcomes in found.items():
        counts = Counter(outcome.kind for outcome in outcomes)
        refused = [outcome for outcome in outcomes if outcome.kind == CLEAR] or outcomes
        most = (max((getattr(o, name) for o in refused), default=0) for name in ("megabytes", "seconds"))
        row = [
            part,
            len(outcomes),
            planned[part],
            *(counts[kind] for kind in KINDS),
            *(f"{n:.1f}" for n in most),
        ]
        rows.append("| " + " | ".join(map(str, row)) + " |")
    rows += ["", "Memory and time are the largest of a refusal, beyond the imports."]
    failures = [outcome for part in found.values() for outcome in part if outcome.kind not in FINE]
    places = Counter((failure.kind, failure.where) for failure in failures)
    for (kind, where), count in sorted(places.items(), key=lambda item: (KINDS.index(item[0][0]), -item[1])):
        rows += ["", f"## {kind}{f' from {where}' if where else ''}: {count}", ""]
        here = [failure for failure in failures if (failure.kind, failure.where) == (kind, where)]
        rows += [f"* `{one.case}`: {(one.message.splitlines() or [''])[0][:240]}" for one in here]
    return "\n".join(rows) + "\n"


def chosen(cases, seed, number, match):
    """Choose cases by a seed, in an order by the seed: what is tried when time runs out is a fair sample."""
    every = [case for case in cases if re.search(match, case.name)]
    return random.Random(seed).sample(every, len(every) if number is None else min(number, len(every)))


def main():
    """Run the campaign; the exit status tells whether all went well."""
    parser = argparse.ArgumentParser("python -m tests.campaign", description="Try to break everything.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (all)")
    parser.add_argument("--minutes", type=float, default=120, help="for all parts together (120)")
    parser.add_argument("--seed", type=int, default=0, help="of mutations, moments and choices (0)")
    parser.add_argument("--number", type=int, help="cases of each part, chosen by the seed (all)")
    parser.add_argument("--match", default="", help="only cases whose name has this regular expression")
    parser.add_argument("-o", "--output", type=Path, default=Path("campaign.md"), help="table (campaign.md)")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"`PART` must be one of {', '.join(PARTS)}, got {part!r}")
    mpl.use("Agg")
    ConstrainedLayoutEngine.execute = lambda *_: None  # it takes half of the time of a tiny training
    torch.set_num_threads(1)  # threads do not survive a fork
    os.nice(5)
    output, until = options.output.absolute(), time.monotonic() + 60 * options.minutes
    found: dict[str, list[Outcome]] = {}
    planned: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="campaign-") as name:
        make_workspace(Path(name))
        trials = Path(name, "cases")
        trials.mkdir()
        for part in options.parts or PARTS:
            module = import_module(f"tests.campaign.{part}")
            cases = chosen(module.cases(options.seed), options.seed, options.number, options.match)
            planned[part] = len(cases)
            for outcomes in go_through(part, cases, trials, until):
                found[part] = outcomes
                output.write_text(table(found, planned), encoding="utf-8")
        os.chdir(output.parent)
    sys.stdout.write(output.read_text(encoding="utf-8"))
    kinds = {outcome.kind for outcomes in found.values() for outcome in outcomes}
    return int(not kinds <= FINE)


if __name__ == "__main__":
    sys.exit(main())
