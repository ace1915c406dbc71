"""Parts of a configuration that are made only when they are needed."""

from typing import Any

from monai_blurvae.workflow.strict import configuration_in_use


def resolve(name: str) -> Any:  # noqa: ANN401
    """Resolve an id of the configuration in use, from within one of its expressions.

    MONAI resolves a reference, `@name`, before it evaluates the expression, also where a condition then skips
    the reference. This function resolves the id only when it is called.

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
