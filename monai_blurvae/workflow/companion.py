"""A network that was fitted to a model's weights: its file beside them, and the weights it belongs to."""

import hashlib
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from monai_blurvae.files import write_state
from monai_blurvae.networks import load_weights
from monai_blurvae.networks.weights import read_weights

FINGERPRINT = "fingerprint"
"""The entry of the file that identifies the weights the network was fitted to."""

Network = TypeVar("Network", bound=nn.Module)


def fingerprint(state: Mapping[str, Tensor]) -> Tensor:
    """Compute the SHA-256 of weights: names, shapes, precisions and values.

    Args:
        state: a state_dict.

    Returns:
        The digest, 32 bytes, uint8 (32,).
    """
    digest = hashlib.sha256()
    for name in sorted(state):
        value = state[name].detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return torch.tensor(list(digest.digest()), dtype=torch.uint8)


def save_companion(
    weights: str | Path, name: str, network: nn.Module, state: Mapping[str, Tensor] | None = None
) -> None:
    """Save a network beside the weights that it was fitted to, with their fingerprint.

    Args:
        weights: the model's weight file.
        name: name of the network's file.
        network: the network.
        state: the weights; None: those in the file.
    """
    fitted_to = fingerprint(read_weights(weights) if state is None else state)
    write_state(Path(weights).with_name(name), {**network.state_dict(), FINGERPRINT: fitted_to})


def new_companion(weights: str | Path, name: str, overwrite: bool) -> Path:
    """Give the path of a network's file that is about to be fitted.

    Args:
        weights: the model's weight file.
        name: name of the network's file.
        overwrite: replace an existing file.

    Returns:
        The path.

    Raises:
        ValueError: If `overwrite` is not a bool.
        FileExistsError: If the file exists and `overwrite` is not set.
    """
    path = Path(weights).with_name(name)
    if not isinstance(overwrite, bool):
        raise ValueError(f"`overwrite` must be True or False, got {overwrite!r}")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists and is not written over; pass --overwrite True to replace it")
    return path


def read_companion(
    weights: str | Path, name: str, what: str, make: Callable[[Mapping[str, Tensor]], Network]
) -> Network | None:
    """Read a network beside a model's weights, if it was fitted to these weights.

    Args:
        weights: the model's weight file.
        name: name of the network's file.
        what: what the network is called.
        make: makes the network, no larger than the state_dict it is given.

    Returns:
        The network, in evaluation mode; None if there is none, or if it was fitted to other weights (with a
        warning).

    Raises:
        ValueError: If the file holds no such network.
    """
    path = Path(weights).with_name(name)
    if not path.is_file():
        return None
    try:
        state = dict(read_weights(path))
        network = make(state)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} must hold the weights of a {what}: remove it, or fit it again ({error})"
        ) from error
    fitted_to = state.pop(FINGERPRINT, None)
    load_weights(network, state)
    if fitted_to is None or not torch.equal(fitted_to, fingerprint(read_weights(weights))):
        warnings.warn(
            f"{path} was fitted to other weights than {weights}, and is not used: remove it, or fit it again",
            stacklevel=3,
        )
        return None
    return network.eval()
