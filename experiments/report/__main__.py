"""`python -m experiments.report RUNS [RUNS...] -o OUT`."""

import argparse
import sys
from collections.abc import Sequence

from experiments.report.write import write_report


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the report that the command line asks for.

    Args:
        arguments: of the command line; None: the process's own.
    """
    parser = argparse.ArgumentParser(
        "python -m experiments.report",
        description="Gather finished runs into tables, figures and one page.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUNS", help="folders of runs, or runs")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="folder to write to")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the files of an earlier report in OUT"
    )
    options = parser.parse_args(arguments)
    try:
        written = write_report(options.runs, options.output, options.overwrite)
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.write(f"{len(written)} files, first of all {written[0]}\n")


if __name__ == "__main__":
    main()
