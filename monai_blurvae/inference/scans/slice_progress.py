"""The progress of a slice's reconstruction, in whichever form the output can show."""

import sys
import time
from typing import TextIO

from torch import Tensor
from tqdm import tqdm


class SliceProgress:
    """Show a tqdm bar with the objective on a terminal, and whole lines in a log.

    Args:
        title: what stands before it.
        total: iterations, where they are known.
        stream: where to write, standard error by default.
        every_s: least time between two lines of a log, in seconds.
    """

    def __init__(
        self, title: str, total: int | None = None, stream: TextIO | None = None, every_s: float = 10.0
    ) -> None:
        self.title = title
        self.stream = stream or sys.stderr
        self.every_s = every_s
        self._next_line_s = time.monotonic() + every_s
        on_terminal = self.stream.isatty()
        self._bar = tqdm(
            total=total, desc=title, file=self.stream, dynamic_ncols=True, disable=not on_terminal, unit="it"
        )

    def __call__(self, iteration: int, objective: float, image: Tensor) -> None:  # noqa: ARG002
        """Show an iteration.

        Args:
            iteration: which one.
            objective: its value.
            image: the image so far, not shown.
        """
        self._bar.set_postfix(objective=f"{objective:.6g}", refresh=False)
        self._bar.update()
        now_s = time.monotonic()
        if self._bar.disable and now_s >= self._next_line_s:
            self._next_line_s = now_s + self.every_s
            self._line(f"iteration {iteration}, objective {objective:.6g}")

    def close(self, summary: str) -> None:
        """End the bar, and say how it ended.

        Args:
            summary: one line.
        """
        self._bar.close()
        self._line(summary)

    def _line(self, text: str) -> None:
        self.stream.write(f"{self.title}: {text}\n")
        self.stream.flush()
