"""Steps that prepare a slice's coils: their maps, their number."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from monai_blurvae.inference.scans.acquisition import Acquisition
from monai_blurvae.inference.scans.arrays import of_slice, read_array
from monai_blurvae.mri import compression_matrix, mix_coils
from monai_blurvae.mri.calibration import calibration_width
from monai_blurvae.mri.mri_extra import from_mri_extra

Mixing = Callable[[Tensor], Tensor]
"""Makes other coils of coils, (1, coils, H, W)."""

KERNEL_WIDTH = 6
"""Edge of ESPIRiT's kernels, in samples."""


class GivenMaps:
    """Take coil maps from a file.

    Args:
        path: .npy file of complex (coils, H, W) or (slices, coils, H, W), for the k-space as it is
            reconstructed, without readout oversampling; None: maps are estimated later.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.maps = None if path is None else read_array(path, "coil_maps", "complex (coils, H, W)")

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Add the maps to a slice.

        Args:
            acquisition: the slice.

        Returns:
            The slice with its maps.

        Raises:
            ValueError: If the maps are real or have another shape than the slice.
        """
        if self.maps is None:
            return acquisition
        maps = self.maps
        if maps.ndim == 4:
            maps = of_slice(maps, acquisition.number, acquisition.count, "coil_maps")
        if not maps.is_complex() or maps.shape != acquisition.kspace.shape[1:]:
            raise ValueError(
                f"`coil_maps` must be complex (coils, H, W) as `kspace`, "
                f"{tuple(acquisition.kspace.shape[1:])}, got {maps.dtype} of {tuple(maps.shape)}"
            )
        return replace(acquisition, coil_maps=maps[None])


class CompressCoils:
    """Combine coils to fewer virtual ones, which keep most of the signal.

    Args:
        coils: number of virtual coils; None: as they are.
    """

    def __init__(self, coils: int | None = None) -> None:
        self.coils = coils

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Mix a slice's coils.

        Args:
            acquisition: the slice.

        Returns:
            The slice of virtual coils.

        Raises:
            ValueError: If there are more virtual coils than coils, or none.
        """
        if self.coils is None:
            return acquisition
        available = acquisition.kspace.shape[1]
        if not 1 <= self.coils <= available:
            raise ValueError(
                f"`virtual_coils` must be from 1 to the {available} coils of `kspace`, got {self.coils}"
            )
        matrix = compression_matrix(acquisition.kspace * acquisition.mask, self.coils)
        return with_coils(acquisition, lambda values: mix_coils(matrix, values))


class EstimateMaps:
    """Estimate coil maps by ESPIRiT, where none are given and there are several coils.

    Args:
        calibration: edge of the calibration region in samples; None: all of the fully sampled centre, up to
            24.
    """

    def __init__(self, calibration: int | None = None) -> None:
        self.calibration = calibration

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Add maps to a slice.

        Args:
            acquisition: the slice.

        Returns:
            The slice with maps; one coil has none, and sees everything alike.

        Raises:
            ValueError: If no centre is sampled fully enough to estimate maps from.
        """
        if acquisition.coil_maps is not None or acquisition.kspace.shape[1] == 1:
            return acquisition
        width = self.calibration or calibration_width(acquisition.mask)
        if width < KERNEL_WIDTH:
            raise ValueError(
                f"`coil_maps` must be given where the centre of k-space is not fully sampled over "
                f"{KERNEL_WIDTH} x {KERNEL_WIDTH} samples, got {width} x {width} in slice "
                f"{acquisition.number}"
            )
        estimate = from_mri_extra("espirit", "espirit_maps")
        kspace = acquisition.kspace * acquisition.mask
        return replace(acquisition, coil_maps=estimate(kspace, width, KERNEL_WIDTH))


def with_coils(acquisition: Acquisition, mix: Mixing) -> Acquisition:
    """Mix k-space and maps alike.

    Args:
        acquisition: the slice.
        mix: what is done to both.

    Returns:
        The slice of other coils.
    """
    maps = None if acquisition.coil_maps is None else mix(acquisition.coil_maps)
    return replace(acquisition, kspace=mix(acquisition.kspace), coil_maps=maps)
