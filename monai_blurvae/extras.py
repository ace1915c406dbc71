"""Packages of optional extras, imported when they are needed."""

from importlib import import_module
from importlib.metadata import version
from typing import Any


def from_extra(module: str, extra: str = "mri") -> Any:  # noqa: ANN401
    """Import a module of a package that only an extra installs.

    Args:
        module: the module, such as "sigpy.mri".
        extra: the extra of monai-blurvae that installs it.

    Returns:
        The module.

    Raises:
        ImportError: If the package is not installed, or needs torchvision and the installed torchvision was
            built for another torch. The message says what to install.
        RuntimeError: If the import failed for another reason.

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
    except RuntimeError as error:  # torchvision's compiled operators could not be loaded
        if "torchvision" not in str(error):
            raise
        raise ImportError(_mismatch(module, error), name="torchvision") from error


def _mismatch(module: str, error: RuntimeError) -> str:
    """Say that torchvision and torch do not fit, and which torchvision does."""
    torch, torchvision = version("torch"), version("torchvision")
    minor = int(torch.split(".")[1])
    fitting = f"0.{minor + 15}"  # since torch 2.0 and torchvision 0.15
    return (
        f"`{module}` needs torchvision, but torchvision {torchvision} was not built for torch {torch} "
        f"({error}): install torchvision {fitting} from the index that torch came from. For a CPU build: "
        f"pip install --force-reinstall --no-deps 'torchvision=={fitting}.*' --index-url URL, where URL is "
        "that of PyTorch's CPU builds (https://pytorch.org/get-started/locally)"
    )
