"""NumPy files that go with k-space: coil maps, masks, noise scans, references."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor


def read_array(path: str | Path, name: str, content: str) -> Tensor:
    """Read a .npy file.

    Args:
        path: the file.
        name: the setting that names it, for errors.
        content: what belongs in it, with its shape.

    Returns:
        The array, complex64 or float32.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no .npy file of finite numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"`{name}` must be a .npy file of {content}, got {path}, which does not exist"
        )
    try:
        stored = np.asarray(np.load(path, allow_pickle=False))
        values = stored.astype(np.complex64 if np.iscomplexobj(stored) else np.float32)
    except (ValueError, TypeError, OSError, EOFError) as error:
        raise ValueError(f"`{name}` must be a .npy file of {content}, got {path}: {error}") from error
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise ValueError(f"`{name}` must hold finite numbers, got {bad} in {path} that are not")
    return torch.from_numpy(values)


def of_slice(values: Tensor, number: int, count: int, name: str) -> Tensor:
    """Take what belongs to one slice from an array for all slices, or for each of them.

    Args:
        values: (..., H, W) for all slices, or (slices, ..., H, W).
        number: which slice.
        count: how many slices the k-space has.
        name: the setting, for errors.

    Returns:
        The slice's own values.

    Raises:
        ValueError: If there is another number of slices than the k-space has.
    """
    if len(values) == 1:
        return values[0]
    if len(values) != count:
        raise ValueError(
            f"`{name}` must hold the {count} slices of `kspace`, or one for all, got {len(values)}"
        )
    return values[number]
