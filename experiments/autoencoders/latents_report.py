"""Tables of what flows make of the latents of autoencoders."""

import math
from itertools import pairwise
from pathlib import Path

import pandas as pd

from experiments.autoencoders.judge import JUDGE
from experiments.autoencoders.measure import BANDS
from experiments.lines import Lines, Record, read_lines
from experiments.report.table import Table

SETS = ("flow", "prior", "posterior", "training")
MEASURES = {
    "mmd": ("MMD²", ".4f"),
    f"{JUDGE}_frechet": ("EfficientNet-Lite2 Fréchet", ".1f"),
    f"{JUDGE}_nearest": ("EfficientNet-Lite2 nearest", ".2f"),
}
"""Heading and format."""
POWERS = [f"power {low:g} to {high:g}" for low, high in pairwise(BANDS)]
SETUP = ["part", "data", "network", "flow_steps", "flow_batch_size", "samples"]


def latents_tables(path: str | Path) -> tuple[list[Table], Lines]:
    """Tabulate the lines of a JSONL file, means over seeds: a table for each part and budget."""
    read = read_lines(path, _flow)
    if not read.records:
        raise ValueError(f"`latents` must hold finished flows, got none in {path}")
    lines = pd.DataFrame(read.records)
    tables = []
    for (part, data, network, steps, batch, samples), own in lines.groupby(SETUP, sort=False):
        made = "; ".join(sorted({f"{row['hardware']}, commit {row['commit']}" for _, row in own.iterrows()}))
        caption = (
            f"{data}, network {network}, flows of {steps} steps of {batch}, {own['seconds'].mean():.0f} s a "
            f"run ({made}). {samples} images of each set and as many held-out ones; power is over theirs, in "
            "bands of cycles per pixel."
        )
        heads = [*POWERS, *(head for head, _ in MEASURES.values())]
        table = Table(f"{part}: the latent", caption, ["term", "beta", "seeds", "KL, nats", "images", *heads])
        for (recipe, beta), runs in own.groupby(["recipe", "beta"], sort=False):
            first = [str(recipe), f"{beta:g}", str(len(runs)), f"{runs['kl'].mean():.0f}"]
            table.rows += [[*first, name, *_cells(pd.DataFrame(list(runs[name])))] for name in SETS]
        tables.append(table)
    return tables, read


def _flow(line: Record) -> Record:
    about = {name: line[name] for name in (*SETUP, "recipe", "hardware", "commit")}
    if not all(isinstance(value, str | int) for value in about.values()):
        raise ValueError(f"one of {', '.join(about)} is neither text nor a whole number")
    numbers = {name: float(line[name]) for name in ("beta", "kl", "seconds")}
    if not all(map(math.isfinite, numbers.values())):
        raise ValueError(f"one of {', '.join(numbers)} is not finite")
    sets = {name: _measures(line[name]) for name in SETS}
    return {**about, **numbers, **sets}


def _measures(found: Record) -> Record:
    powers = [float(power) for power in found["power_ratio_by_band"]]
    if len(powers) != len(POWERS):
        raise ValueError(f"`power_ratio_by_band` has {len(powers)} bands")
    return {"power_ratio_by_band": powers, **{name: float(found[name]) for name in MEASURES if name in found}}


def _cells(found: pd.DataFrame) -> list[str]:
    powers = pd.DataFrame(list(found["power_ratio_by_band"])).mean()
    known = {name: found[name].mean() for name in MEASURES if name in found}
    judged = [f"{known[name]:{form}}" if name in known else "" for name, (_, form) in MEASURES.items()]
    return [*(f"{power:.2f}" for power in powers), *judged]
