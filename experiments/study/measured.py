"""`python -m experiments.study.measured KSPACE.npy --ckpt_path MODEL -o OUT`: methods on a measured slice.

The file is fully sampled k-space, complex (coils, H, W). Samples are left out by masks, several of each kind.
The reference is the SENSE image of all samples. Each mask leaves a line per method and weight in
`measured_full.jsonl`; what is there is not computed again.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from scipy import ndimage
from scipy.stats import spearmanr
from torch import Tensor

from experiments.lines import Lines, Record, read_lines
from experiments.report.measures import estimate
from experiments.report.table import Table
from experiments.study import peers
from experiments.study.records import append
from monai_blurvae.files import replacing
from monai_blurvae.mri import (
    CartesianEncoding,
    CGSense,
    Reconstruction,
    Solver,
    espirit_maps,
    held_back_residual,
    nrmse,
    poisson_disc,
    read_kspace,
    variable_density_lines,
)
from monai_blurvae.mri.error_bars import held_back_rings
from monai_blurvae.priors import make_solver
from monai_blurvae.workflow import load_prior

CENTRE = 24
"""Fully sampled samples, or lines, about zero frequency; coil maps are estimated from them."""
MASKS = {
    "lines, R = 3": partial(variable_density_lines, acceleration=3, centre_lines=CENTRE),
    "lines, R = 4": partial(variable_density_lines, acceleration=4, centre_lines=CENTRE),
    "lines, R = 6": partial(variable_density_lines, acceleration=6, centre_lines=CENTRE),
    "Poisson disc, 12 %": partial(poisson_disc, acceleration=8.3, centre=CENTRE),
}
METHODS: dict[str, tuple[float | None, ...]] = {
    "auto": (None,),
    "total_variation": (1e-3, 2e-3),
    "l1_wavelet": (2e-3, 4e-3),
    "joint": (3e-4,),
    "cg_sense": (1e-2,),
}
"""Weights by method; None: its own."""
REFERENCE_WEIGHT = 1e-4
RIM = 15
"""Width in pixels of what counts as the head's rim: scalp, skull and the outermost cortex."""
NORMAL_90 = 1.645
"""A Gaussian is within so many standard deviations in 90 of 100 cases."""
REGIONS = ("slice", "inside", "rim")
LINES, PAGE = "measured_full.jsonl", "measured_full.md"


class Scan(NamedTuple):
    """Fully sampled k-space of a slice, its reference and its regions."""

    y: Tensor
    encoding: CartesianEncoding
    reference: Tensor
    regions: dict[str, Tensor]

    @classmethod
    def read(cls, path: str) -> "Scan":
        """Read a slice, estimate its coil maps and reconstruct its reference."""
        y = read_kspace(path)[:1]
        encoding = CartesianEncoding(torch.ones(y.shape[-2:]), espirit_maps(y, CENTRE))
        reference = CGSense(REFERENCE_WEIGHT).reconstruct(y, encoding).image
        magnitude = reference.abs()[0, 0]
        head = ndimage.binary_fill_holes(magnitude.numpy() > 0.05 * float(magnitude.quantile(0.998)))
        head = ndimage.binary_opening(head, iterations=3)
        inside = ndimage.binary_erosion(head, iterations=RIM)
        masks = zip(REGIONS, (head | True, inside, head & ~inside), strict=True)
        return cls(y, encoding, reference, {name: torch.from_numpy(mask) for name, mask in masks})


def reconstruct(scan: Scan, solver: Solver, kind: str, seed: int) -> Record:
    """Reconstruct from the samples of a mask, and measure the errors."""
    mask = MASKS[kind](tuple(scan.y.shape[-2:]), seed=seed)
    encoding = CartesianEncoding(mask, scan.encoding.coil_maps)
    began = time.perf_counter()
    found = solver.reconstruct(scan.y * encoding.mask, encoding)
    seconds = time.perf_counter() - began
    if found.stopped == "interrupted":
        raise KeyboardInterrupt
    errors = {
        name: nrmse(found.image[0, 0][region][None], scan.reference[0, 0][region][None]).item()
        for name, region in scan.regions.items()
    }
    share = {} if found.prior_share is None else {"prior_share": found.prior_share.item()}
    share |= error_bars(scan, found, mask)
    return {"sampled": encoding.mask.float().mean().item(), **errors, **share, "seconds": round(seconds, 2)}


def error_bars(scan: Scan, found: Reconstruction, mask: Tensor) -> Record:
    """Compare error bars with the errors: of pixels, and of samples that were never measured."""
    if found.errors is None:
        return {}
    error = (found.image.abs() - scan.reference.abs())[0, 0].abs()
    std = found.errors.std()[0, 0]
    head = scan.regions["inside"] | scan.regions["rim"]
    _, radii = held_back_rings(mask, 1)
    missing = (scan.encoding(found.image) - scan.y)[0].abs()
    rings, inner = [], 0.0
    for number, ring in enumerate(found.coverage[0]):
        outer = math.inf if number == len(found.coverage[0]) - 1 else ring.frequency
        values = missing[:, ~mask & (radii > inner) & (radii <= outer)]
        share = 100 * float((values <= ring.bound).double().mean())
        rings.append(
            {**ring._asdict(), "missing": values.numel(), "missing_covered_percent": round(share, 2)}
        )
        inner = ring.frequency
    return {
        "rank_correlation": float(spearmanr(std[head], error[head]).statistic),
        "rank_correlation_slice": float(spearmanr(std.flatten(), error.flatten()).statistic),
        "pixels_covered_percent": 100 * float((error <= NORMAL_90 * std)[head].double().mean()),
        "pixels_covered_slice_percent": 100 * float((error <= NORMAL_90 * std).double().mean()),
        "rings": rings,
    }


def jobs(
    masks: int, methods: Mapping[str, Sequence[float | None]]
) -> Iterator[tuple[str, int, str, float | None]]:
    """List kinds of masks, seeds, methods and weights; all methods of one mask before the next mask."""
    for seed in range(masks):
        for kind in MASKS:
            for method, weights in methods.items():
                for weight in weights:
                    yield kind, seed, method, weight


def best_weights(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the records at each method's best weight, kind by kind: that of the least mean error."""
    frame = frame.assign(weight=frame.weight.fillna(0))
    means = frame.groupby(["kind", "method", "weight"]).slice.mean().reset_index()
    best = means.loc[means.groupby(["kind", "method"]).slice.idxmin(), ["kind", "method", "weight"]]
    return frame.merge(best)


def kind_table(kind: str, part: pd.DataFrame) -> Table:
    """Tabulate the methods of one kind of mask, the best first."""
    ours = part[part.method == "auto"].set_index("seed")
    unit = part[part.method == "total_variation"].seconds.median()
    shares = ", ".join(f"{share:.2f}" for share in ours.prior_share)
    columns = ("whole slice", "inside", "rim", "`auto` minus it", "time over total variation")
    table = Table(
        f"{kind}, {len(ours)} {'mask' if len(ours) == 1 else 'masks'}",
        f"The prior's share in `auto`: {shares}.",
        ("method", "weight", *columns),
    )
    for method, own in sorted(part.groupby("method"), key=lambda item: item[1].slice.mean()):
        cells = [f"{own[name].mean():.2f} ({own[name].std():.2f})" for name in REGIONS]
        mean, half, _ = estimate(list((ours.slice - own.set_index("seed").slice).dropna()))
        difference = "" if method == "auto" else f"{mean:+.2f}" + (f" ± {half:.2f}" if half else "")
        weight, seconds = own.weight.iloc[0], own.seconds.median() / unit
        table.rows.append([method, f"{weight:g}" if weight else "", *cells, difference, f"{seconds:.1f}"])
    return table


def error_bar_table(part: pd.DataFrame) -> Table:
    """Tabulate how well the error bars of `auto` hold, kind by kind."""
    columns = (
        "rank correlation, head",
        "rank correlation, slice",
        "pixels within 1.645 deviations, head",
        "pixels, slice",
        "held-back samples in their interval",
        "samples never measured",
    )
    table = Table(
        "Error bars of `auto`",
        "Mean over masks: the rank correlation of the map of standard deviations with the error's modulus, "
        "and shares in percent, which should be 90. Of samples: the mean over rings, and the least and the "
        "largest of any ring and mask. Intervals come from one half of the held-back samples. Counted are "
        "the other half, and the samples that were never measured.",
        ("masks", *columns),
    )
    for kind, own in part.groupby("kind", sort=False):
        rings = pd.DataFrame([ring for rings in own.rings for ring in rings])
        samples = [
            f"{rings[name].mean():.1f} ({rings[name].min():.1f} to {rings[name].max():.1f})"
            for name in ("covered_percent", "missing_covered_percent")
        ]
        ranks = [f"{own[name].mean():.2f}" for name in ("rank_correlation", "rank_correlation_slice")]
        pixels = [
            f"{own[name].mean():.1f}" for name in ("pixels_covered_percent", "pixels_covered_slice_percent")
        ]
        table.rows.append([str(kind), *ranks, *pixels, *samples])
    return table


def page(lines: Lines, residual: float) -> str:
    """Write the tables, and list damaged lines."""
    text = [
        "# Measured k-space, fully sampled\n",
        "NRMSE in percent against the SENSE image of all samples, mean over masks (standard deviation): of "
        f"the whole slice, inside the head, and of the outer {RIM} pixels of the head. One coil map per coil "
        f"leaves {residual:.1f} % of the fully sampled k-space unexplained, noise included. Every method but "
        "`auto` has the weight of its least mean error on these masks, which flatters it; `auto` sees no "
        "reference.\n",
    ]
    frame = pd.DataFrame(lines.records)
    text += [error_bar_table(frame[frame.method == "auto"]).markdown()]
    kinds = best_weights(frame).groupby("kind", sort=False)
    text += [kind_table(str(kind), part).markdown() for kind, part in kinds]
    text += [lines.markdown()] if lines.damaged else []
    return "\n".join(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(prog="python -m experiments.study.measured", description=__doc__)
    parser.add_argument("kspace", help="fully sampled k-space, complex .npy (coils, H, W)")
    parser.add_argument("--ckpt_path", required=True, help="weights of the prior")
    parser.add_argument("-o", "--output_dir", required=True, type=Path)
    parser.add_argument("--peers", type=Path, help="other packages' methods too: folder of what they learned")
    parser.add_argument("--masks", type=int, default=3, help="masks of each kind (3)")
    options = parser.parse_args(arguments)
    scan, loaded = Scan.read(options.kspace), load_prior(options.ckpt_path)
    path = options.output_dir / LINES
    done = read_lines(path).records if path.is_file() else []
    known = {(line["kind"], line["seed"], line["method"], line["weight"]) for line in done}
    others = {} if options.peers is None else peers.available(options.peers)
    methods = METHODS | {name: peer.weights for name, peer in others.items()}
    for kind, seed, method, weight in jobs(options.masks, methods):
        if (kind, seed, method, weight) in known:
            continue
        if method in others and weight is not None:
            solver = others[method].make(weight, options.peers / f"{method}.pt")
        else:
            solver = make_solver(method, loaded.prior, loaded.slices, weight=weight)
        line = {"kind": kind, "seed": seed, "method": method, "weight": weight}
        line |= reconstruct(scan, solver, kind, seed)
        append(path, line)
        sys.stdout.write(f"{kind}, {seed}: {method} {weight or ''}: {line['slice']:.2f} %\n")
        sys.stdout.flush()
    residual = held_back_residual(scan.reference, scan.y, scan.encoding).item()
    with replacing(options.output_dir / PAGE) as temporary:
        temporary.write_text(page(read_lines(path), residual), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
