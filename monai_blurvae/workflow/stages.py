"""Parts of a configuration that are made only when needed."""

from typing import Any

from monai_blurvae.files import did_you_mean
from monai_blurvae.workflow.strict import configuration_in_use


def resolve(name: str) -> Any:  # noqa: ANN401
    """Resolve an id of the configuration in use, from within one of its expressions.

    A reference, `@name`, is resolved before its expression is evaluated, even where a condition in the
    expression then passes it over; this is resolved when it is reached.

    Args:
        name: the id.

    Returns:
        What the id stands for; a list of expressions is evaluated one after the other, once.

    Raises:
        ValueError: the configuration has no such id.
    """
    parser = configuration_in_use()
    if name not in parser:
        raise ValueError(f"the configuration must define `{name}`, and does not.")
    return parser.get_parsed_content(name)


def resolve_choice(options: str, choice: str, setting: str) -> Any:  # noqa: ANN401
    """Resolve the part of the configuration that a setting chooses; the others are not made.

    Args:
        options: id of the parts by name.
        choice: the name chosen.
        setting: id of the setting, for errors.

    Returns:
        The part.

    Raises:
        ValueError: no part has this name.
    """
    known = list(configuration_in_use().get(options, {}))
    if choice not in known:
        raise ValueError(
            f"`{setting}` must be one of {', '.join(known)}, got {choice!r}{did_you_mean(str(choice), known)}"
        )
    return resolve(f"{options}::{choice}")
