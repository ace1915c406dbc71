"""A reference image for a reconstruction, and how far the reconstruction is from it."""

from pathlib import Path

from torch import Tensor

from monai_blurvae.inference.scans.acquisition import Acquisition
from monai_blurvae.inference.scans.arrays import of_slice
from monai_blurvae.inference.scans.quality import quality
from monai_blurvae.inference.scans.scan_geometry import ScanGeometry
from monai_blurvae.inference.scans.slice_files import read_slices
from monai_blurvae.mri.mri_extra import from_mri_extra

CONTENT = "magnitudes, (H, W) or (slices, H, W), of the reconstruction's size"


class Reference:
    """Magnitudes to compare slices with.

    Args:
        path: .npy file of (H, W) or (slices, H, W) in the layout of the k-space; .nii or .nii.gz, which is
            turned to the reconstruction's orientation; .h5 file of the fastMRI layout, with the image that
            was made of all samples. None: there is no reference.
        orientation: that of the reconstruction's rows, columns and slices, such as "PLS".

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is of another kind or shape.
    """

    def __init__(self, path: str | Path | None, orientation: str) -> None:
        self.path = path
        self.volume = None if path is None else _read(Path(path), orientation)

    def check(self, acquisition: Acquisition, geometry: ScanGeometry) -> None:
        """Refuse a reference that does not fit, before a reconstruction starts.

        Args:
            acquisition: the first slice.
            geometry: what is cut out of it.
        """
        image = geometry.cropped(acquisition.mask[0, 0])
        self.of(acquisition.number, acquisition.count, tuple(image.shape))

    def of(self, number: int, count: int, size: tuple[int, ...]) -> Tensor | None:
        """Give the reference of a slice.

        Args:
            number: which slice of the k-space.
            count: how many the k-space has.
            size: the reconstruction's (H, W).

        Returns:
            Magnitudes, (H, W), or None.

        Raises:
            ValueError: If it has another size than the reconstruction, or is zero everywhere.
        """
        if self.volume is None:
            return None
        values = of_slice(self.volume, number, count, "reference")
        if tuple(values.shape) != tuple(size):
            raise ValueError(
                f"`reference` must have the size of the reconstruction, {tuple(size)}, got "
                f"{tuple(values.shape)} in {self.path}"
            )
        if not bool((values != 0).any()):
            raise ValueError(
                f"`reference` must hold signal in slice {number}, got zeros alone in {self.path}"
            )
        return values


def compare(image: Tensor, reference: Tensor) -> dict[str, float]:
    """Measure how far a magnitude image is from a reference, once scaled to the reference's norm.

    Args:
        image: complex or real, (H, W), no side shorter than SSIM's window of 11 pixels.
        reference: magnitudes, (H, W).

    Returns:
        The measures, with their units in the names.
    """
    found = quality(image[None, None], reference[None, None])
    return {"nrmse_percent": found.nrmse, "psnr_db": found.psnr, "ssim": found.ssim}


def _read(path: Path, orientation: str) -> Tensor:
    if path.is_file() and path.suffix in (".h5", ".hdf5"):
        volume: Tensor = from_mri_extra("fastmri_reference", "fastmri_reference")(path)
        return volume
    return read_slices(path, orientation, "reference", CONTENT)
