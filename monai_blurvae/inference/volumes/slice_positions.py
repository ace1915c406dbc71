"""Where the slices of a volume lie, in millimetres."""

import numpy as np
import numpy.typing as npt
from monai.data import MetaTensor


def slice_positions(image: MetaTensor) -> npt.NDArray[np.float64]:
    """World coordinate of each slice's middle along the slice axis.

    For an axial volume it is the height above the scanner's origin; for an oblique one it is measured along
    the tilted axis.

    Args:
        image: Volume (ch, rows, columns, slices) with its affine from voxels to mm.

    Returns:
        Positions in mm, one per slice.

    Example:
        >>> import torch
        >>> affine = torch.diag(torch.tensor([1.0, 1.0, 2.0, 1.0]))
        >>> slice_positions(MetaTensor(torch.zeros(1, 4, 4, 3), affine=affine)).tolist()
        [0.0, 2.0, 4.0]
    """
    affine = np.asarray(image.affine, dtype=np.float64)
    rows, columns, slices = image.shape[1:]
    spacing_mm = np.linalg.norm(affine[:3, 2])
    middle = affine @ np.array([(rows - 1) / 2, (columns - 1) / 2, 0, 1])
    first_mm = affine[:3, 2] / spacing_mm @ middle[:3]
    return np.asarray(first_mm + spacing_mm * np.arange(slices), dtype=np.float64)
