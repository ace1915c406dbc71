"""`python -m experiments.autoencoders PLAN NAME -o RUNS --lines FILE`: the command of one Snakemake job."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.autoencoders.plan import read_plan
from experiments.autoencoders.train import train
from monai_blurvae.files import did_you_mean


def finished(lines: str | Path) -> set[str]:
    """List the runs that have a line."""
    path = Path(lines)
    if not path.is_file():
        return set()
    return {json.loads(line)["name"] for line in path.read_text(encoding="utf-8").splitlines()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one run, and add its line."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.autoencoders",
        description="Train runs of a plan file. A run that has a line in FILE is left out.",
    )
    parser.add_argument("plan", help="plan file, YAML")
    parser.add_argument("names", nargs="*", help="names of runs; none: all, in the plan's order")
    parser.add_argument(
        "-o", "--output_dir", required=True, type=Path, help="folder of checkpoints and weights"
    )
    parser.add_argument(
        "--lines", required=True, type=Path, metavar="FILE", help="JSONL file of finished runs"
    )
    parser.add_argument("--cache_dir", help="folder of decoded images")
    for data in ("brain", "xray", "cifar10"):
        parser.add_argument(f"--{data}", metavar="DIR", help=f"folder of the {data} images")
    options = parser.parse_args(arguments)
    try:
        plan, runs = read_plan(options.plan)
        unknown = [name for name in options.names if name not in runs]
        if unknown:
            hint = did_you_mean(unknown[0], runs)
            raise ValueError(f"`names` must be runs of {options.plan}, got {unknown[0]!r}{hint}")
        folders = {name: getattr(options, name) for name in ("brain", "xray", "cifar10")}
        folders["brain3d"] = folders["brain"]
        for name in options.names or runs:
            if name in finished(options.lines):
                continue
            needed = plan.parts[runs[name].part].data
            if folders[needed] is None:
                raise ValueError(f"`--{needed.removesuffix('3d')}` must be a folder, got none for {name}")
            line = train(plan, runs[name], folders, options.output_dir, options.cache_dir)
            options.lines.parent.mkdir(parents=True, exist_ok=True)
            with options.lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            sys.stdout.write(
                f"{name}: {line['psnr']:.2f} dB, {line['kl']:.0f} nats, {line['seconds']:.0f} s\n"
            )
            sys.stdout.flush()
    except ValueError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
