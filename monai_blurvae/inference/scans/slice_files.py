"""Volumes that go with k-space, slice by slice: NumPy files as they lie, NIfTI files turned."""

from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from torch import Tensor

from monai_blurvae.inference.scans.arrays import read_array

NIFTI = (".nii", ".nii.gz")
"""Ends of the names of NIfTI files."""


def read_slices(path: Path, orientation: str, name: str, content: str) -> Tensor:
    """Read the magnitudes of slices.

    Args:
        path: .npy file of (H, W) or (slices, H, W), in the layout of the k-space; or .nii or .nii.gz.
        orientation: that of the reconstruction's rows, columns and slices, such as "PLS", which NIfTI is
            turned to.
        name: the setting that names the file, for errors.
        content: what belongs in it, with its shape.

    Returns:
        Magnitudes, (slices, H, W).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is of another kind or shape, damaged or not finite.
    """
    if not path.is_file():
        raise FileNotFoundError(f"`{name}` must be a file of {content}, got {path}, which does not exist")
    if path.name.endswith(NIFTI):
        volume = _nifti(path, orientation, name, content)
    elif path.suffix == ".npy":
        volume = read_array(path, name, content).abs()
    else:
        raise ValueError(f"`{name}` must end in .npy, .nii or .nii.gz, got {path}")
    volume = volume[None] if volume.ndim == 2 else volume
    if volume.ndim != 3 or not bool(volume.isfinite().all()):
        raise ValueError(f"`{name}` must be finite {content}, got {tuple(volume.shape)} in {path}")
    return volume


def _nifti(path: Path, orientation: str, name: str, content: str) -> Tensor:
    try:
        image = nib.load(path)
        values = np.abs(image.get_fdata(dtype=np.float32))
    except (nib.filebasedimages.ImageFileError, OSError, EOFError) as error:
        raise ValueError(f"`{name}` must be a NIfTI file of {content}, got {path}: {error}") from error
    if values.ndim != 3:
        raise ValueError(f"`{name}` must be a volume of three axes, got {values.shape} in {path}")
    turning = nib.orientations.ornt_transform(
        nib.orientations.io_orientation(image.affine), nib.orientations.axcodes2ornt(tuple(orientation))
    )
    turned = np.ascontiguousarray(nib.orientations.apply_orientation(values, turning))
    return torch.from_numpy(turned).movedim(-1, 0).contiguous()
