"""Arrays in one file that is either whole or not there."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monai_blurvae.files import replacing


def save_arrays(path: str | Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """Write arrays as a compressed .npz file, in place of one that may be there.

    Args:
        path: the file.
        arrays: the arrays by name.
    """
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
