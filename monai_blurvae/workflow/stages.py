"""Parts of a configuration that are built only when they are asked for."""

from typing import Any

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
