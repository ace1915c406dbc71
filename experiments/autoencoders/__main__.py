"""`python -m experiments.autoencoders train|latents|report|pictures|pack|times`: the study's commands."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from experiments.autoencoders.datasets import FOLDERS, pack
from experiments.autoencoders.latents import Budget, learn_latents
from experiments.autoencoders.pictures import draw_pictures
from experiments.autoencoders.plan import PlannedRun, read_plan
from experiments.autoencoders.report import write_report
from experiments.autoencoders.times import step_times
from experiments.autoencoders.train import train
from experiments.lines import read_lines
from monai_blurvae.files import did_you_mean

SETS = ("brain", "xray", "cifar10")
"""Data sets that a folder can be given of."""


def finished(lines: str | Path) -> set[str]:
    """List the runs that have a line."""
    path = Path(lines)
    if not path.is_file():
        return set()
    return {line["name"] for line in read_lines(path, lambda line: {"name": str(line["name"])}).records}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.autoencoders", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train runs; those with a line in FILE are left out")
    latents = commands.add_parser("latents", help="train flows on latents of trained runs, likewise")
    for command in (training, latents):
        command.add_argument("plan", help="plan file, YAML")
        command.add_argument("names", nargs="*", help="runs or parts; none: all, in the plan's order")
        command.add_argument(
            "-o", "--output_dir", required=True, type=Path, help="of checkpoints and weights"
        )
        command.add_argument("--lines", required=True, type=Path, metavar="FILE", help="JSONL, a line each")
        command.add_argument("--cache_dir", help="folder of decoded images")
        command.add_argument("--jobs", type=int, default=1, help="runs at a time")
    for name, value in Budget()._asdict().items():
        latents.add_argument(f"--{name}", type=int, default=value)
    pictures = commands.add_parser("pictures", help="draw reconstructions of several runs of one part")
    pictures.add_argument("plan")
    pictures.add_argument("names", nargs="+", help="names of runs")
    pictures.add_argument("-o", "--output_dir", required=True, type=Path, help="folder of the runs' weights")
    pictures.add_argument("--lines", required=True, metavar="FILE", help="JSONL of finished runs")
    pictures.add_argument("--picture", required=True, type=Path, help="PNG to write")
    packing = commands.add_parser("pack", help="write the decoded images into one file, for another machine")
    packing.add_argument("file", help="file to write, .npz")
    packing.add_argument(
        "--most", type=int, default=10_000, help="the first images of CIFAR10 that are taken"
    )
    packing.add_argument("--cache_dir", help="folder of decoded images")
    for data in SETS:
        for command in (training, latents, pictures, packing):
            command.add_argument(f"--{data}", metavar="DIR", help=f"folder of the {data} images")
    for command in (training, latents, pictures):
        command.add_argument("--packed", metavar="FILE", help="the images of all sets, in place of folders")
    report = commands.add_parser("report", help="write tables and figures of the finished runs")
    report.add_argument("lines", help="JSONL of finished runs")
    report.add_argument("-o", "--output_dir", required=True)
    report.add_argument("--latents", metavar="FILE", help="JSONL of finished flows")
    times = commands.add_parser("times", help="time a step of each recipe against that of the first")
    times.add_argument("plan")
    times.add_argument("recipes", nargs="+")
    times.add_argument("--network", default="f4")
    times.add_argument("--size", type=int, nargs="+", default=[64, 64], help="of the images, in pixels")
    times.add_argument("--batch_size", type=int, default=16)
    times.add_argument("--rounds", type=int, default=30)
    return parser


def _work(options: argparse.Namespace) -> int:
    plan, runs = read_plan(options.plan)
    unknown = set(options.names) - set(runs) - set(plan.parts)
    if unknown:
        name = min(unknown)
        hint = did_you_mean(name, runs)
        raise ValueError(f"`names` must be runs or parts of {options.plan}, got {name!r}{hint}")
    done = finished(options.lines)
    wanted = [
        run
        for asked in options.names or plan.parts
        for name, run in runs.items()
        if asked in {name, run.part} and name not in done
    ]
    sources = _sources(options)
    for run in wanted:
        needed = plan.parts[run.part].data
        if needed not in sources:
            raise ValueError(f"`--{FOLDERS[needed]}` must be a folder, got none for {run.name}")
    common = {"sources": sources, "output_dir": options.output_dir, "cache_dir": options.cache_dir}
    if options.command == "train":
        work = partial(train, plan, **common)
    else:
        budget = Budget(options.steps, options.batch_size, options.samples)
        work = partial(learn_latents, plan, budget=budget, **common)
    options.lines.parent.mkdir(parents=True, exist_ok=True)
    failed = 0
    for run, line in _lines(work, wanted, options.jobs):
        if isinstance(line, BaseException):
            failed += 1
            _say(f"{run.name}: {type(line).__name__}: {line}")
            continue
        with options.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        quality = f"{line['psnr']:.2f} dB" if "psnr" in line else f"loss {line['flow_loss']:.2f}"
        _say(f"{run.name}: {quality}, {line['kl']:.0f} nats")
    return int(failed > 0)


def _lines(
    work: Callable[[PlannedRun], dict[str, Any]], wanted: list[PlannedRun], jobs: int
) -> Iterator[tuple[PlannedRun, dict[str, Any] | BaseException]]:
    """Work on runs, several at a time if asked for, and give the line of each that ends, or why it failed."""
    if jobs == 1:
        for run in wanted:
            yield run, work(run)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        begun = {pool.submit(work, run): run for run in wanted}
        try:
            for job in as_completed(begun):
                yield begun[job], job.exception() or job.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _sources(options: argparse.Namespace) -> dict[str, str]:
    """Give the folder, or the packed file, of every data set that there is one of."""
    given = {name: options.packed or getattr(options, folder) for name, folder in FOLDERS.items()}
    return {name: source for name, source in given.items() if source is not None}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.command in {"train", "latents"}:
            return _work(options)
        if options.command == "pictures":
            draw_pictures(
                options.plan,
                options.names,
                _sources(options),
                options.output_dir,
                options.lines,
                options.picture,
            )
        elif options.command == "pack":
            folders = {name: getattr(options, name) for name in SETS if getattr(options, name)}
            pack(folders, options.file, options.most, options.cache_dir)
        elif options.command == "report":
            for path in write_report(options.lines, options.output_dir, options.latents):
                _say(str(path))
        else:
            plan, _ = read_plan(options.plan)
            shape = (options.batch_size, 1, *options.size)
            for name, found in step_times(
                plan, options.recipes, options.network, shape, options.rounds
            ).items():
                _say(f"{name}: {found}")
    except ValueError as error:
        parser.error(str(error))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
