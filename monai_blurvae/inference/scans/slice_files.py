"""Files beside the k-space: arrays for the steps, reference images, brain masks."""

from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from torch import Tensor

from monai_blurvae.data import read_nifti
from monai_blurvae.inference.scans.acquisition import Acquisitions
from monai_blurvae.inference.scans.scan_geometry import ScanGeometry
from monai_blurvae.mri.kspace_file import MAGNITUDES, fastmri_reference


def read_array(path: str | Path, name: str, content: str) -> Tensor:
    """Read a .npy file of finite numbers, complex64 or float32; errors name setting and content."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"`{name}` must be a .npy file of {content}, got {path}, which does not exist"
        )
    try:
        stored = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        with np.errstate(over="ignore"):  # refused below
            values = stored.astype(np.complex64 if np.iscomplexobj(stored) else np.float32)
    except Exception as error:  # a header is parsed as Python's literals: any of the parser's errors
        raise ValueError(f"`{name}` must be a .npy file of {content}, got {path}: {error}") from error
    bad = int((~(abs(values) <= MAGNITUDES[1])).sum())
    if bad:
        raise ValueError(
            f"`{name}` must hold finite numbers up to {MAGNITUDES[1]:g}, got {bad} in {path} that are not"
        )
    return torch.from_numpy(values)


def of_slice(values: Tensor, number: int, count: int, name: str) -> Tensor:
    """Take the part of one slice from an array with one part for all slices, or one for each."""
    if len(values) == 1:
        return values[0]
    if len(values) != count:
        raise ValueError(
            f"`{name}` must hold the {count} slices of `kspace`, or one for all, got {len(values)}"
        )
    return values[number]


class SliceVolume:
    """Magnitudes that belong to the slices of a reconstruction, read from a file.

    Args:
        path: .npy file of (H, W) or (slices, H, W) in the layout of the k-space; or .nii or .nii.gz, which is
            turned to the orientation of the reconstruction. None: there are none.
        geometry: geometry of the reconstruction.

    Attributes:
        volume: (slices, H, W), or None.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is of another kind or shape, damaged or not finite.
    """

    setting = "volume"
    """Name of the setting, for errors."""
    content = "magnitudes, (H, W) or (slices, H, W), of the reconstruction's size"
    """Expected content of the file, for errors."""
    least = "signal"
    """What every slice must hold, for errors."""

    def __init__(self, path: str | Path | None, geometry: ScanGeometry) -> None:
        self.path = path
        self.geometry = geometry
        self.volume = None if path is None else self._read(Path(path))

    def check(self, acquisitions: Acquisitions) -> None:
        """Refuse a volume that does not fit the slices, before a reconstruction starts."""
        size = self.geometry.cropped(acquisitions.first().mask[0, 0]).shape
        for number in acquisitions.numbers:
            self.of(number, acquisitions.count, tuple(size))

    def of(self, number: int, count: int, size: tuple[int, ...]) -> Tensor | None:
        """Give the (H, W) of one of `count` slices, None without a file; `size` is the reconstruction's."""
        if self.volume is None:
            return None
        values = of_slice(self.volume, number, count, self.setting)
        if tuple(values.shape) != tuple(size):
            raise ValueError(
                f"`{self.setting}` must have the size of the reconstruction, {tuple(size)}, got "
                f"{tuple(values.shape)} in {self.path}"
            )
        if not bool((values != 0).any()):
            raise ValueError(
                f"`{self.setting}` must hold some {self.least} in slice {number}, got all zero in "
                f"{self.path}: name the slices that have some by --slices"
            )
        return values

    def _read(self, path: Path) -> Tensor:
        name, content = self.setting, self.content
        if not path.is_file():
            raise FileNotFoundError(f"`{name}` must be a file of {content}, got {path}, which does not exist")
        if path.name.endswith((".nii", ".nii.gz")):
            volume = self._nifti(path)
        elif path.suffix == ".npy":
            volume = read_array(path, name, content).abs()
        else:
            raise ValueError(f"`{name}` must end in .npy, .nii or .nii.gz, got {path}")
        volume = volume[None] if volume.ndim == 2 else volume
        if volume.ndim != 3 or not bool(volume.isfinite().all()):
            raise ValueError(f"`{name}` must be finite {content}, got {tuple(volume.shape)} in {path}")
        return volume

    def _nifti(self, path: Path) -> Tensor:
        values, affine = read_nifti(path, self.setting)
        wanted = nib.orientations.axcodes2ornt(tuple(self.geometry.orientation))
        turning = nib.orientations.ornt_transform(nib.orientations.io_orientation(affine), wanted)
        turned = np.ascontiguousarray(nib.orientations.apply_orientation(values[0].abs().numpy(), turning))
        return torch.from_numpy(turned).movedim(-1, 0).contiguous()


class Reference(SliceVolume):
    """Magnitudes to compare the reconstruction with; also the image that an .h5 file of fastMRI carries."""

    setting = "reference"

    def _read(self, path: Path) -> Tensor:
        if path.is_file() and path.suffix in (".h5", ".hdf5"):
            return fastmri_reference(path)
        return super()._read(path)


class BrainMask(SliceVolume):
    """The mask where a prior of brains holds: everywhere without a file, and never in what is cropped."""

    setting = "brain_mask"
    content = "0 and 1, (H, W) or (slices, H, W), of the reconstruction's size"
    least = "brain"

    def whole(self, number: int, count: int, size: tuple[int, ...]) -> Tensor | None:
        """Give the mask of a slice in the (H, W) of the k-space, bool (1, 1, H, W); None: everywhere."""
        whole = torch.zeros(size, dtype=torch.bool)
        kept = self.geometry.cropped(whole)  # a view
        values = self.of(number, count, tuple(kept.shape))
        if values is None:
            return None
        kept.copy_(values)
        return whole[None, None]

    def _read(self, path: Path) -> Tensor:
        volume = super()._read(path)
        if not bool(((volume == 0) | (volume == 1)).all()):
            raise ValueError(
                f"`brain_mask` must hold only 0 and 1, got values from {volume.min()} to {volume.max()} "
                f"in {path}"
            )
        return volume
