"""What needs the extra `mri`, imported when it is asked for."""

from importlib import import_module
from typing import Any


def from_mri_extra(module: str, name: str) -> Any:  # noqa: ANN401
    """Import a name from a module of the priors that stands on sigpy, h5py or deepinv.

    Args:
        module: a module of `monai_blurvae.priors`.
        name: what to take from it.

    Returns:
        The object.

    Raises:
        ImportError: If the extra is not installed.

    Example:
        >>> from_mri_extra("masks", "uniform_lines").__name__
        'uniform_lines'
    """
    try:
        return getattr(import_module(f"monai_blurvae.priors.{module}"), name)
    except ImportError as error:
        raise ImportError(
            f"{name} needs {error.name}: pip install 'monai-blurvae[mri]'", name=error.name
        ) from error
