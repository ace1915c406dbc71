"""Sharp variational autoencoders for medical images: the Wiener blur likelihood as MONAI components."""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

ROOMS = (
    "blur",
    "data",
    "functional",
    "inference",
    "losses",
    "metrics",
    "mri",
    "networks",
    "priors",
    "training",
    "workflow",
)


def __getattr__(name: str) -> ModuleType:
    """Import a subpackage when it is first used: configurations write `monai_blurvae.losses`.

    Args:
        name: the attribute asked for.

    Returns:
        The subpackage.

    Raises:
        AttributeError: there is no such subpackage.
    """
    if name in ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
