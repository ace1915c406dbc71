"""Packages of optional extras, imported when they are needed."""

from importlib import import_module
from typing import Any


def from_extra(module: str, extra: str = "mri") -> Any:  # noqa: ANN401
    """Import a module of a package that only an extra installs.

    Args:
        module: the module, such as "sigpy.mri".
        extra: the extra of monai-blurvae that installs it.

    Returns:
        The module.

    Raises:
        ImportError: If the package is not installed. The message says how to install it.

    Example:
        >>> from_extra("math").sqrt(4)
        2.0
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"this needs `{error.name}`: pip install 'monai-blurvae[{extra}]'", name=error.name
        ) from error
