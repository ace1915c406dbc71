"""The progress of a training with its losses, in whichever form the output can show."""

import sys
from typing import TextIO

from ignite.engine import Engine
from ignite.handlers import ProgressBar

from monai_blurvae.training.handlers.progress_lines import ProgressLines
from monai_blurvae.training.handlers.terms import scalar_terms


class Progress:
    """Show a tqdm bar an epoch on a terminal, and whole lines in a log.

    Args:
        stream: where to write, standard error by default.
        every_s: least time between two lines of a log, in seconds.
    """

    def __init__(self, stream: TextIO | None = None, every_s: float = 10.0) -> None:
        self.stream = stream
        self.every_s = every_s

    def attach(self, engine: Engine) -> None:
        """Watch an engine.

        Args:
            engine: the trainer, whose output holds the terms.
        """
        stream = self.stream or sys.stderr
        if stream.isatty():
            bar = ProgressBar(persist=True, file=stream, dynamic_ncols=True)
            bar.attach(engine, output_transform=scalar_terms)
        else:
            ProgressLines(self.stream, self.every_s).attach(engine)
