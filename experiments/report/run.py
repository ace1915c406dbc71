"""A finished, tested run as the report sees it, and one that cannot be reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class Value(NamedTuple):
    """One measure of one run."""

    mean: float | None
    """Over the test images; None where it was not computed."""
    std: float | None
    """Over the test images; None where the measure is not one of single images."""
    why_not: str | None
    """Why it was not computed."""


@dataclass(frozen=True)
class Run:
    """A run that finished and was evaluated on its test split.

    Attributes:
        folder: the run's folder.
        test: folder of the evaluation.
        dataset: label of the data set.
        network: label of the network.
        method: label of the reconstruction term.
        beta: weight of the KL term.
        seed: the run's seed.
        config: its configuration, as written.
        environment: when, where and by which commit it ran.
        images: images evaluated.
        measures: by name.
    """

    folder: Path
    test: Path
    dataset: str
    network: str
    method: str
    beta: float
    seed: int
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    images: int
    measures: Mapping[str, Value]

    def value(self, name: str) -> Value:
        """Look up a measure.

        Args:
            name: the measure's name.

        Returns:
            Its value, or the reason why there is none.
        """
        return self.measures.get(name, Value(None, None, "not among the evaluation's measures"))

    def setting(self, name: str) -> Any:  # noqa: ANN401
        """Look up a setting: what it came to where the run recorded that, else as the configuration has it.

        Args:
            name: an id of the configuration.

        Returns:
            The value; None where there is none.
        """
        return setting(name, self.config, self.environment)


def setting(name: str, config: Mapping[str, Any], environment: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Look up a setting of a run; one that is still an expression counts as unknown.

    Args:
        name: an id of the configuration.
        config: the run's configuration.
        environment: the run's record, with what some settings came to under "resolved".

    Returns:
        The value; None where there is none.
    """
    value = environment.get("resolved", {}).get(name, config.get(name))
    return None if isinstance(value, str) and value.startswith(("$", "@", "%")) else value


class Unreported(NamedTuple):
    """A folder that the tables leave out, and why."""

    folder: Path
    reason: str
    command: str
    """What completes it; empty where nothing has to be done."""
