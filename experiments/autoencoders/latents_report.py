"""Tables of what flows make of the latents of autoencoders."""

import json
from itertools import pairwise
from pathlib import Path

import pandas as pd

from experiments.autoencoders.judge import JUDGE
from experiments.autoencoders.measure import BANDS
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


def latents_tables(path: str | Path) -> list[Table]:
    """Tabulate the lines of a JSONL file, means over seeds: a table for each part and budget."""
    text = Path(path).read_text(encoding="utf-8")
    lines = pd.DataFrame([json.loads(line) for line in text.splitlines()])
    if lines.empty:
        raise ValueError(f"`latents` must hold finished flows, got none in {path}")
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
    return tables


def _cells(found: pd.DataFrame) -> list[str]:
    powers = pd.DataFrame(list(found["power_ratio_by_band"])).mean()
    known = {name: found[name].mean() for name in MEASURES if name in found}
    judged = [f"{known[name]:{form}}" if name in known else "" for name, (_, form) in MEASURES.items()]
    return [*(f"{power:.2f}" for power in powers), *judged]
