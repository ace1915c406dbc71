"""`python -m experiments.report RUNS [RUNS...] -o OUT`."""

import argparse
import sys
from collections.abc import Sequence

from experiments.report.write import write_report
from monai_blurvae.checks import check_positive


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a report."""
    parser = argparse.ArgumentParser(
        "python -m experiments.report", description="Gather finished runs into tables, figures and one page."
    )
    parser.add_argument("runs", nargs="+", metavar="RUNS", help="folders of runs, or runs")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="folder to write to")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the files of an earlier report in OUT"
    )
    parser.add_argument("--to", default="L2", metavar="METHOD", help="what methods are compared with (L2)")
    parser.add_argument(
        "--kl", type=float, metavar="NATS", help="the KL to compare at (the one most methods share)"
    )
    options = parser.parse_args(arguments)
    try:
        if options.kl is not None:
            check_positive(kl=options.kl)
        written = write_report(options.runs, options.output, options.overwrite, options.to, options.kl)
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.write(f"{len(written)} files; open {written[0]}\n")


if __name__ == "__main__":
    main()
