"""Loading of weights from a file or a state_dict, with clear errors."""

import warnings
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from monai_blurvae import __version__
from monai_blurvae.files import read_state, written_by_another

MAKE_WEIGHTS = "python -m monai.bundle run training --config_file bundle/configs/train.json"
"""The command that makes a weight file (`model.pt` in the run's folder)."""
NOT_NEGATIVE = ("running_var", "blur.denominator")
"""Ends of the names of variances: of the batch norms, and the power of a measured blur's images."""

_LISTED = 5
_NAMES = "`source` (`--ckpt_path` of a bundle)"


def read_weights(path: str | Path) -> Mapping[str, Tensor]:
    """Read a weight file as it is, without a network.

    Args:
        path: the file of a state_dict, or of a checkpoint that has it under `network`.

    Returns:
        The state_dict on the CPU, in the precision of the file.

    Raises:
        FileNotFoundError: If there is no such file; the message names the command that makes one.
        ValueError: If the file is unreadable or holds no state_dict.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"no weight file at {path}: make one with `{MAKE_WEIGHTS}`, then name its model.pt"
        )
    message = " must be a state_dict saved by torch.save, got {path}, damaged or foreign: {reason}"
    content = read_state(path, _NAMES + message)
    if isinstance(content, Mapping) and isinstance(content.get("network"), Mapping):
        content = content["network"]
    if not isinstance(content, Mapping) or not all(map(_is_plain, content.values())):
        raise ValueError(
            f"{_NAMES} must hold a state_dict, or a checkpoint with one under `network`, got {path} without"
        )
    return content


def _is_plain(value: object) -> bool:
    """Tell whether a value is a tensor of real numbers, all of which are in the file."""
    return (
        isinstance(value, Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_complex()
        and value.nbytes <= value.untyped_storage().nbytes()
    )


def _shape(state: Mapping[str, Tensor], name: str) -> str:
    return str(tuple(state[name].shape)) if name in state else "none"


def load_weights(network: nn.Module, source: Mapping[str, Tensor] | str | PathLike[str]) -> None:
    """Load weights into a network of the same architecture; a network that refuses stays as it was.

    A file in the folder of a run that another version of the package wrote is taken with a warning.

    Args:
        network: the network to fill, in place.
        source: a state_dict, or the file of one (model.pt), or of a checkpoint that has it under `network`.

    Raises:
        FileNotFoundError: If there is no such file; the message names the command that makes one.
        ValueError: If the file is unreadable or the weights are another architecture's; the message lists the
            first tensors that differ. Or a weight is not finite or of another kind, or the scale not
            positive. Or a record of the run that the file lies in is unreadable.

    Example:
        >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> load_weights(a, b.state_dict())
        >>> bool(torch.equal(a.weight, b.weight))
        True
    """
    state = source if isinstance(source, Mapping) else read_weights(Path(source))
    wanted = network.state_dict()
    different = [
        name for name in dict.fromkeys([*wanted, *state]) if _shape(wanted, name) != _shape(state, name)
    ]
    where = "the state_dict" if isinstance(source, Mapping) else str(Path(source))
    if different:
        listed = "; ".join(
            f"{name}: wanted {_shape(wanted, name)}, found {_shape(state, name)}"
            for name in different[:_LISTED]
        )
        more = f"; and {len(different) - _LISTED} more" if len(different) > _LISTED else ""
        raise ValueError(
            f"`source` must have the network's architecture, got {where} with {listed}{more}; "
            "a run's weights go with the settings.json beside them"
        )
    for name, value in state.items():
        unfit = not bool(value.isfinite().all())
        unfit |= name == "scale" and bool((value <= 0).any())
        unfit |= name.endswith(NOT_NEGATIVE) and bool((value < 0).any())
        if unfit:
            raise ValueError(
                "`source` must hold finite weights with a positive scale and no negative variance, got "
                f"{name} in {where} with values from {value.min()} to {value.max()}"
            )
        if value.is_floating_point() != wanted[name].is_floating_point():
            raise ValueError(
                f"`source` must have {name} as {wanted[name].dtype} or alike, got {value.dtype} in {where}"
            )
    network.load_state_dict(state)
    other = None if isinstance(source, Mapping) else written_by_another(Path(source).parent)
    if other is not None:
        warnings.warn(
            f"{source} was written by {other}, and monai-blurvae {__version__} is in use: "
            "what it computes with these weights may be something else",
            stacklevel=2,
        )
