"""`python -m experiments.study CONFIG.yaml --dataset_dir DATA --output_dir OUT`."""

import argparse
import re
import sys
from collections.abc import Sequence
from itertools import chain, product
from pathlib import Path

from experiments.study.methods import Runnable, make_methods
from experiments.study.plan import read_plan
from experiments.study.records import write_study
from experiments.study.run import Run, Slices
from experiments.study.slices import References, Slice
from experiments.study.write import write_report
from monai_blurvae.data import Preprocessing, find_subjects


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a study, or a part of it, and write its report."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.study",
        description="Reconstruct the test slices of a data set from simulated k-space by every method of a "
        "study file, and write tables and figures. What is in OUT already is not computed again.",
        allow_abbrev=False,
    )
    parser.add_argument("config", nargs="?", help="study file, YAML (configs/studies)")
    parser.add_argument("--dataset_dir", metavar="DATA", help="folder of NIfTI volumes")
    parser.add_argument("--output_dir", metavar="OUT", required=True, help="folder to write to")
    parser.add_argument("--wiener_weights", metavar="FILE", help="weights of the model `wiener`")
    parser.add_argument("--l2_weights", metavar="FILE", help="weights of the model `l2`")
    parser.add_argument("--part", metavar="N/M", help="do only part N of M: processes share the conditions")
    parser.add_argument("--device", default="cpu", help="where reconstructions are computed (cpu)")
    parser.add_argument("--report_only", action="store_true", help="write the report of what is in OUT")
    options = parser.parse_args(arguments)
    try:
        if not options.report_only:
            _compute(options)
        written = write_report(Path(options.output_dir))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped: the same command goes on\n")
        return 130
    sys.stdout.write(f"{len(written)} files, first of all {written[0]}\n")
    return 0


def part_of(text: str | None) -> tuple[int, int] | None:
    """Read N/M, the part to do; None is all of it.

    Example:
        >>> part_of("1/2")
        (1, 2)
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise ValueError(f"`part` must be N/M with N from 1 to M, got {text!r}")
    return int(found[1]), int(found[2])


def _compute(options: argparse.Namespace) -> None:
    """Run what the command line asks for."""
    if options.config is None:
        raise ValueError("`config` must be a YAML file, got none")
    plan, part = read_plan(options.config), part_of(options.part)
    split = find_subjects(options.dataset_dir, plan.split_seed)
    weight_files = {"wiener": options.wiener_weights, "l2": options.l2_weights}
    methods = make_methods(plan.methods, weight_files, options.device)
    preprocessing = _preprocessing(methods)
    references = References(preprocessing, plan.simulation, plan.seed)
    test = [Slice(*item) for item in product(split.test, plan.fractions)]
    # validation subjects first: no weight of a model was fitted to them
    chosen = [*split.val, *split.train][: plan.tuning.subjects]
    tuning = [Slice(path, plan.tuning.fraction) for path in chosen]
    folder = Path(options.output_dir)
    run = Run(plan, methods, references, Slices(tuning, test), folder, part, options.device)
    names = [runnable.method.name for runnable in methods]
    facts = {
        "identities": dict(zip(names, run.identities, strict=True)),
        "test": list(dict.fromkeys(item.subject for item in test)),
        "tuning": [item.subject for item in tuning],
        "held_out": sum(path in split.val for path in chosen),
        "orientation": preprocessing.orientation,
        "spacing": preprocessing.spacing,
    }
    write_study(folder, plan, facts)
    run()


def _preprocessing(methods: Sequence[Runnable]) -> Preprocessing:
    """Preprocess as for the first model's training, with space for every model's patch."""
    priors = [runnable.loaded for runnable in methods if runnable.loaded is not None]
    if not priors:
        return Preprocessing(min_size=(1, 1))
    least = max(chain.from_iterable(loaded.prior.patch_size for loaded in priors))
    first = priors[0]
    return Preprocessing(first.orientation, first.spacing, first.slices.percentile, (least, least))


if __name__ == "__main__":
    sys.exit(main())
