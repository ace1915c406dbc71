"""`python -m experiments.sweep SWEEP.yaml -o RUNS [--name value ...]`."""

import argparse
import os
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.sweep.command import command_line, read_overrides
from experiments.sweep.names import check_names
from experiments.sweep.plan import PlannedRun, read_sweep
from experiments.sweep.runner import Outcome, refused_version, run_sweep
from experiments.sweep.state import State, state_of
from monai_blurvae.files import written_by_another


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the runs of a sweep file.

    Args:
        arguments: command line without the program's name; None takes that of the process.

    Returns:
        Exit status: 0, 1 where a run failed, or 130 after an interrupt.
    """
    parser = argparse.ArgumentParser(
        prog="python -m experiments.sweep",
        description="Train every run of a sweep file, one after the other; finished runs are skipped, "
        "stopped ones resumed. Any further --name value is a setting of all runs: --dataset_dir DIR.",
        allow_abbrev=False,
    )
    parser.add_argument("sweep", help="sweep file, YAML (configs/README.md describes it)")
    parser.add_argument("-o", "--output", required=True, help="folder of the runs")
    parser.add_argument("--dry_run", action="store_true", help="print the command lines and train nothing")
    options, words = parser.parse_known_args(arguments)
    try:
        runs = read_sweep(options.sweep)
        overrides = read_overrides(words, runs)
        files = dict.fromkeys(path for run in runs for path in run.files)
        check_names(overrides, files, "settings on the command line")
        if options.dry_run:
            try:
                _print_commands(runs, options.output, overrides)
            except BrokenPipeError:  # `| head` has read enough; what is still to be written goes nowhere
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
    except ValueError as error:
        parser.error(str(error))
    try:
        outcomes = run_sweep(runs, options.output, overrides)
    except OSError as error:
        parser.error(f"`output` must be a folder that can be written, got {error}")
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped: the same command goes on\n")
        return 130
    counts = Counter(outcomes.values())
    said = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    sys.stdout.write(f"{len(runs)} runs: {said}\n")
    failed = [name for name, outcome in outcomes.items() if outcome is Outcome.FAILED]
    for name in failed:
        sys.stdout.write(f"failed: {name} ({Path(options.output, name)}.log)\n")
    return 1 if failed else 0


def _print_commands(runs: Sequence[PlannedRun], output_dir: str, overrides: Mapping[str, str]) -> None:
    for run in runs:
        folder = Path(output_dir, run.name)
        state = state_of(folder)
        other = written_by_another(folder) if state in {State.STOPPED, State.FINISHED} else None
        words = command_line(run, output_dir, overrides, resume=state is State.STOPPED)
        line = f"# {run.name}: {state}" if state is State.FINISHED else shlex.join(words)
        sys.stdout.write((line if other is None else f"# {run.name}: {refused_version(other)}") + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # As after an interrupt, the run under way is stopped too; it is resumed when the sweep is started again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
