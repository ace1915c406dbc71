"""Steps that prepare the coils of a slice: sensitivity maps, noise, number."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_at_least, check_integer
from monai_blurvae.inference.scans.acquisition import Acquisition, Step
from monai_blurvae.inference.scans.slice_files import of_slice, read_array
from monai_blurvae.mri import compression_matrix, espirit_maps, mix_coils, noise_covariance, prewhiten
from monai_blurvae.mri.masks import calibration_width
from monai_blurvae.mri.noise import edge_noise_std

KERNEL_WIDTH = 6
"""Edge of ESPIRiT's kernels, in samples."""


class GivenMaps(Step):
    """Take coil maps from a file.

    Args:
        path: .npy file of complex (coils, H, W) or (slices, coils, H, W), for the k-space as it is
            reconstructed, without readout oversampling; None: maps are estimated later.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.maps = None if path is None else read_array(path, "coil_maps", "complex (coils, H, W)")

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
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


class Prewhiten(Step):
    """Make the coils' noise white, of variance 1, by a scan without signal.

    Args:
        path: .npy file of the noise scan, complex (coils, ...); None: the noise is left as it is.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        scan = None if path is None else read_array(path, "noise", "a complex noise scan, (coils, ...)")
        self.covariance = None if scan is None else noise_covariance(scan)

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        covariance = self.covariance
        if covariance is None:
            return acquisition
        coils = acquisition.kspace.shape[1]
        if len(covariance) != coils:
            raise ValueError(f"`noise` must be of the {coils} coils of `kspace`, got {len(covariance)}")
        white = _mixed(acquisition, lambda values: prewhiten(values, covariance))
        return replace(white, noise_std=1.0)


class CompressCoils(Step):
    """Combine coils to fewer virtual ones, which keep most of the signal.

    Args:
        coils: number of virtual coils; None: the coils are left as they are.
    """

    def __init__(self, coils: int | None = None) -> None:
        if coils is not None:
            check_integer(1, virtual_coils=coils)
        self.coils = coils

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        if self.coils is None:
            return acquisition
        available = acquisition.kspace.shape[1]
        if self.coils > available:
            raise ValueError(
                f"`virtual_coils` must be from 1 to the {available} coils of `kspace`, got {self.coils}"
            )
        matrix = compression_matrix(acquisition.kspace * acquisition.mask, self.coils)
        return _mixed(acquisition, lambda values: mix_coils(matrix, values))


class NoiseLevel(Step):
    """State the noise level, or estimate it from the edge of k-space where there is no noise scan.

    Args:
        std: sqrt(E|n|^2) of a coil's noise, in the units of k-space; None: from the scan, else estimated.
    """

    def __init__(self, std: float | None = None) -> None:
        if std is not None:
            check_at_least(0, noise_std=std)
        self.std = std

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        if self.std is None:
            if acquisition.noise_std is not None:
                return acquisition
            return replace(acquisition, noise_std=edge_noise_std(acquisition.kspace, acquisition.mask))
        if acquisition.noise_std is not None:
            raise ValueError(f"`noise_std` must be left out where `noise` is given, got {self.std}")
        return replace(acquisition, noise_std=float(self.std))


class EstimateMaps(Step):
    """Estimate coil maps by ESPIRiT where none are given. A single coil needs none: it sees all pixels alike.

    Args:
        calibration: edge of the calibration region in samples; None: all of the fully sampled centre, up to
            24.
    """

    def __init__(self, calibration: int | None = None) -> None:
        if calibration is not None:
            check_integer(1, calibration=calibration)
        self.calibration = calibration

    @override
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        if acquisition.coil_maps is not None or acquisition.kspace.shape[1] == 1:
            return acquisition
        width = self.calibration or calibration_width(acquisition.mask)
        if width < KERNEL_WIDTH:
            raise ValueError(
                f"`coil_maps` must be given where the centre of k-space is not fully sampled over "
                f"{KERNEL_WIDTH} x {KERNEL_WIDTH} samples, got {width} x {width} in slice "
                f"{acquisition.number}"
            )
        kspace = acquisition.kspace * acquisition.mask
        try:
            return replace(acquisition, coil_maps=espirit_maps(kspace, width, KERNEL_WIDTH))
        except ValueError as error:
            raise ValueError(f"{error} (slice {acquisition.number} of `kspace`)") from error


def _mixed(acquisition: Acquisition, mix: Callable[[Tensor], Tensor]) -> Acquisition:
    # k-space and maps alike
    maps = None if acquisition.coil_maps is None else mix(acquisition.coil_maps)
    return replace(acquisition, kspace=mix(acquisition.kspace), coil_maps=maps)
