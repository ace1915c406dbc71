"""Print how far runs are from a reference method at equal KL, seed by seed.

    python scripts/compare_at_equal_kl.py RUNS [RUNS ...] --to METHOD [--kl NATS]

The reference is read between the runs of its beta sweep (linearly in log KL, never beyond them), at each
run's own KL and from the same seed. With --kl every method's sweep is read at that KL too, and the mean of
the differences is given with the half-width of its 95 % t-interval over seeds.
"""

import argparse
from collections.abc import Iterable, Sequence

from experiments.report.equal_kl import seed_values
from experiments.report.read_runs import read_runs
from experiments.report.run import Run
from experiments.report.seeds import over_seeds

MEASURES = ("psnr", "ssim", "resolved_frequency", "sharpness_reconstructions", "bits_per_dimension")


def of_a_run(run: Run, reference: Sequence[Run]) -> str:
    """Compare one run at its own KL.

    Args:
        run: the run.
        reference: runs of the reference method.

    Returns:
        A line.
    """
    kl = run.value("kl").mean or 0.0
    cells = []
    for name in MEASURES:
        value, other = run.value(name).mean, seed_values(reference, name, kl).get(run.seed)
        cells.append(
            f"{value:.4f} ({value - other:+.4f})" if value is not None and other is not None else "-"
        )
    return f"| {run.method}, beta {run.beta:g}, seed {run.seed} | {kl:.1f} | {' | '.join(cells)} |"


def of_a_method(runs: Sequence[Run], reference: Sequence[Run], kl: float) -> str:
    """Compare one method's sweep with the reference's at a KL.

    Args:
        runs: runs of the method.
        reference: runs of the reference method.
        kl: where to compare, in nats.

    Returns:
        A line.
    """
    cells = []
    for name in MEASURES:
        here, there = seed_values(runs, name, kl), seed_values(reference, name, kl)
        pairs = [(value, there.get(seed)) for seed, value in here.items()]
        found = [value - other for value, other in pairs if value is not None and other is not None]
        estimate = over_seeds(found) if found else None
        width = "" if estimate is None or estimate.half_width is None else f" ± {estimate.half_width:.4f}"
        cells.append("-" if estimate is None else f"{estimate.mean:+.4f}{width}")
    return f"| {runs[0].method} | {kl:.1f} | {' | '.join(cells)} |"


def lines(runs: Sequence[Run], method: str, kl: float | None) -> Iterable[str]:
    """Compare all runs with a method.

    Args:
        runs: any runs of one data set and network.
        method: label of the reference.
        kl: where to compare, in nats; None: every run at its own.

    Yields:
        Lines of a Markdown table.

    Raises:
        ValueError: If no run is of that method.
    """
    reference = [run for run in runs if run.method == method]
    if not reference:
        known = ", ".join(sorted({run.method for run in runs}))
        raise ValueError(f"`--to` must be one of {known}, got {method!r}")
    yield f"| minus {method} | KL, nats | {' | '.join(MEASURES)} |"
    yield "| --- " * (len(MEASURES) + 2) + "|"
    if kl is None:
        yield from (of_a_run(run, reference) for run in runs if run.method != method)
    else:
        for other in sorted({run.method for run in runs} - {method}):
            yield of_a_method([run for run in runs if run.method == other], reference, kl)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", help="folders of finished runs")
    parser.add_argument("--to", required=True, help="label of the reference method")
    parser.add_argument("--kl", type=float, default=None, help="compare at this KL, in nats")
    options = parser.parse_args()
    print("\n".join(lines(read_runs(options.runs)[0], options.to, options.kl)))
