"""`python -m experiments.sweep SWEEP.yaml NAME -o RUNS`: the command of one Snakemake job."""

import argparse
import sys
from collections.abc import Sequence

from experiments.sweep.plan import read_sweep
from experiments.sweep.train import train
from monai_blurvae.files import did_you_mean


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one run of a sweep file to its end."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.sweep",
        description="Train one run of a sweep file. A stopped run is resumed, a finished one left as it is.",
    )
    parser.add_argument("sweep", help="sweep file, YAML (configs/README.md describes it)")
    parser.add_argument("name", help="name of the run")
    parser.add_argument("-o", "--output", required=True, metavar="RUNS", help="folder of all runs")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of all runs"
    )
    options = parser.parse_args(arguments)
    try:
        for word in options.set:
            if "=" not in word:
                raise ValueError(f"`--set` must be NAME=VALUE, got {word!r}")
        overrides = dict(word.split("=", 1) for word in options.set)
        runs = {run.name: run for run in read_sweep(options.sweep, overrides)}
        if options.name not in runs:
            hint = did_you_mean(options.name, runs)
            raise ValueError(f"`name` must be a run of {options.sweep}, got {options.name!r}{hint}")
        state = train(runs[options.name], options.output, overrides)
    except ValueError as error:
        parser.error(str(error))
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{options.name} is finished; it was {state} before\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
