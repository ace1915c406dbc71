"""`python -m experiments.autoencoders train|latents|report|pictures|times`: the commands of the study."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.autoencoders.latents import Budget, learn_latents
from experiments.autoencoders.pictures import draw_pictures
from experiments.autoencoders.plan import read_plan
from experiments.autoencoders.report import write_report
from experiments.autoencoders.times import step_times
from experiments.autoencoders.train import train
from monai_blurvae.files import did_you_mean

FOLDERS = ("brain", "xray", "cifar10")


def finished(lines: str | Path) -> set[str]:
    """List the runs that have a line."""
    path = Path(lines)
    if not path.is_file():
        return set()
    return {json.loads(line)["name"] for line in path.read_text(encoding="utf-8").splitlines()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.autoencoders", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train runs; those with a line in FILE are left out")
    training.add_argument("plan", help="plan file, YAML")
    training.add_argument("names", nargs="*", help="names of runs or parts; none: all, in the plan's order")
    training.add_argument("-o", "--output_dir", required=True, type=Path, help="for checkpoints and weights")
    training.add_argument("--lines", required=True, type=Path, metavar="FILE", help="JSONL of finished runs")
    training.add_argument("--cache_dir", help="folder of decoded images")
    pictures = commands.add_parser("pictures", help="draw reconstructions of several runs of one part")
    pictures.add_argument("plan")
    pictures.add_argument("names", nargs="+", help="names of runs")
    pictures.add_argument("-o", "--output_dir", required=True, type=Path, help="folder of the runs' weights")
    pictures.add_argument("--picture", required=True, type=Path, help="PNG to write")
    latents = commands.add_parser("latents", help="train flows on the latents of runs without a line in FILE")
    latents.add_argument("plan")
    latents.add_argument("names", nargs="+", help="names of runs")
    latents.add_argument(
        "-o", "--output_dir", required=True, type=Path, help="of the runs' weights and samples"
    )
    latents.add_argument("--lines", required=True, type=Path, metavar="FILE", help="JSONL, a line per flow")
    for name, value in Budget()._asdict().items():
        latents.add_argument(f"--{name}", type=int, default=value, metavar="N")
    for data in FOLDERS:
        for command in (training, pictures, latents):
            command.add_argument(f"--{data}", metavar="DIR", help=f"folder of the {data} images")
    report = commands.add_parser("report", help="write tables and figures of the finished runs")
    report.add_argument("lines", help="JSONL of finished runs")
    report.add_argument("-o", "--output_dir", required=True)
    report.add_argument("--latents", metavar="FILE", help="JSONL of finished flows")
    times = commands.add_parser("times", help="time a step of each recipe against that of the first")
    times.add_argument("plan")
    times.add_argument("recipes", nargs="+")
    times.add_argument("--network", default="f4")
    times.add_argument("--batch_size", type=int, default=16)
    times.add_argument("--rounds", type=int, default=30)
    return parser


def _train(options: argparse.Namespace) -> None:
    plan, runs = read_plan(options.plan)
    wanted = [
        name for name, run in runs.items() if not options.names or {name, run.part} & set(options.names)
    ]
    unknown = set(options.names) - set(runs) - set(plan.parts)
    if unknown:
        name = min(unknown)
        hint = did_you_mean(name, runs)
        raise ValueError(f"`names` must be runs or parts of {options.plan}, got {name!r}{hint}")
    folders = _folders(options)
    for name in wanted:
        if name in finished(options.lines):
            continue
        needed = plan.parts[runs[name].part].data
        if folders[needed] is None:
            raise ValueError(f"`--{needed.removesuffix('3d')}` must be a folder, got none for {name}")
        line = train(plan, runs[name], folders, options.output_dir, options.cache_dir)
        _append(line, options.lines)
        _say(f"{name}: {line['psnr']:.2f} dB, {line['kl']:.0f} nats, {line['seconds']:.0f} s")


def _latents(options: argparse.Namespace) -> None:
    plan, runs = read_plan(options.plan)
    budget = Budget(options.steps, options.batch_size, options.samples)
    folders = _folders(options)
    for name in sorted(set(options.names) - set(runs)):
        raise ValueError(f"`names` must be runs of {options.plan}, got {name!r}{did_you_mean(name, runs)}")
    for name in options.names:
        if name in finished(options.lines):
            continue
        line = learn_latents(plan, runs[name], folders, options.output_dir, budget)
        _append(line, options.lines)
        _say(f"{name}: loss {line['flow_loss']:.3f}, {line['seconds']:.0f} s")


def _append(line: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _folders(options: argparse.Namespace) -> dict[str, str]:
    folders = {name: getattr(options, name) for name in FOLDERS}
    return {**folders, "brain3d": folders["brain"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.command == "train":
            _train(options)
        elif options.command == "pictures":
            draw_pictures(options.plan, options.names, _folders(options), options.output_dir, options.picture)
        elif options.command == "latents":
            _latents(options)
        elif options.command == "report":
            for path in write_report(options.lines, options.output_dir, options.latents):
                _say(str(path))
        else:
            plan, _ = read_plan(options.plan)
            times = step_times(plan, options.recipes, options.network, options.batch_size, options.rounds)
            for name, (low, middle, high) in times.items():
                _say(f"{name}: {middle} ({low} to {high})")
    except ValueError as error:
        parser.error(str(error))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
