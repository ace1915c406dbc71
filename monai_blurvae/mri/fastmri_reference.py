"""The image that a fastMRI file carries beside its k-space, made of all samples."""

from pathlib import Path

import h5py
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

NAMES = ("reconstruction_rss", "reconstruction_esc")
"""The root of the sum of squares over coils; of one coil, the emulated one."""


def fastmri_reference(path: str | Path) -> Float[Tensor, "slices H W"]:
    """Read the reference of a fully sampled scan.

    Args:
        path: an .h5 file.

    Returns:
        Magnitudes, cropped by the scanner to its reconstruction's size.

    Raises:
        ValueError: If the file has none.
    """
    with h5py.File(path, "r") as file:
        for name in NAMES:
            if name in file:
                return torch.from_numpy(np.asarray(file[name], dtype=np.float32))
        raise ValueError(f"{path} must hold a data set `{'` or `'.join(NAMES)}`, got {sorted(file)}")
