"""Where and how thoroughly to check, and the networks that are checked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from scripts.device.case import METHODS, MissingError, Setting

Findings = Iterator[tuple[str, Any]]
"""What a part yields as soon as it has it: Markdown, and the numbers behind it."""

TRAINED = ("l2", "network", "measured")
"""The methods that are trained, traced and tuned for speed."""

PAPER = Setting(64, 1, 256, 11, (64, 128, 256, 512))
"""Architecture 1 on grey patches, as the paper trains it."""

FULL = (
    replace(PAPER, channels=3),
    Setting(256, 3, 32, 41, (64, 128, 256, 512, 512, 512)),
    Setting(32, 1, 8, 11, (64, 128, 256), spatial_dims=3),
)
TINY = Setting(32, 1, 8, 5, (8, 16), latent=8, hidden=16)
SHORT = (replace(TINY, channels=3), Setting(16, 1, 2, 5, (4, 8), latent=8, hidden=16, spatial_dims=3))


@dataclass(frozen=True)
class Context:
    """Where and how thoroughly to check."""

    device: torch.device
    out: Path
    data: Path | None
    short: bool
    budget: float
    """Seconds that a part may spend on measuring."""

    @property
    def cuda(self) -> bool:
        """Whether the device is a GPU."""
        return self.device.type == "cuda"

    @property
    def paper(self) -> Setting:
        """The setting to train: the paper's, or a tiny one in the short form."""
        return TINY if self.short else self.fitted(PAPER)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The settings whose steps are timed, in two and three dimensions."""
        return SHORT if self.short else tuple(self.fitted(setting) for setting in FULL)

    def fitted(self, setting: Setting) -> Setting:
        """Give a CPU a sixteenth of a GPU's batch."""
        return setting if self.cuda else replace(setting, batch=max(2, setting.batch // 16))


@dataclass
class Available:
    """The methods that this version of the project has; the names of missing ones are kept."""

    missing: dict[str, str] = field(default_factory=dict)

    def __call__(self, make: Callable[[str], Any], methods: tuple[str, ...] = METHODS) -> dict[str, Any]:
        """Make something for every method there is."""
        made = {}
        for method in methods:
            try:
                made[method] = make(method)
            except MissingError as error:
                self.missing[method] = str(error)
        return made

    def __str__(self) -> str:
        """Name what is missing."""
        return f"\n\nSkipped: {'; '.join(self.missing.values())}." if self.missing else ""


def headline(error: Exception) -> str:
    """First line of an error's message."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]
