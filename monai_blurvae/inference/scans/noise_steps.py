"""Steps that make the noise of a slice's coils known: white where it was measured, else its level."""

import math
from dataclasses import replace
from pathlib import Path

from monai_blurvae.inference.scans.acquisition import Acquisition
from monai_blurvae.inference.scans.arrays import read_array
from monai_blurvae.inference.scans.coil_steps import with_coils
from monai_blurvae.mri import noise_covariance, prewhiten
from monai_blurvae.mri.edge_noise import edge_noise_std


class Prewhiten:
    """Make the coils' noise white, of variance 1, by a scan without signal.

    Args:
        path: .npy file of the noise scan, complex (coils, ...); None: nothing is done.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        scan = None if path is None else read_array(path, "noise", "a complex noise scan, (coils, ...)")
        self.covariance = None if scan is None else noise_covariance(scan)

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Mix a slice's coils.

        Args:
            acquisition: the slice.

        Returns:
            The slice, in units of the noise's standard deviation.

        Raises:
            ValueError: If the scan has another number of coils.
        """
        covariance = self.covariance
        if covariance is None:
            return acquisition
        coils = acquisition.kspace.shape[1]
        if len(covariance) != coils:
            raise ValueError(f"`noise` must be of the {coils} coils of `kspace`, got {len(covariance)}")
        white = with_coils(acquisition, lambda values: prewhiten(values, covariance))
        return replace(white, noise_std=1.0)


class NoiseLevel:
    """State the noise, or estimate it from the k-space's edge where no noise scan was given.

    Args:
        std: sqrt(E|n|^2) of a coil's noise, in the units of k-space; None: by the scan, else estimated.
    """

    def __init__(self, std: float | None = None) -> None:
        self.std = std

    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Add the noise's standard deviation to a slice.

        Args:
            acquisition: the slice.

        Returns:
            The slice, its noise known.

        Raises:
            ValueError: If the noise is both measured and stated, or stated as negative.
        """
        if self.std is None:
            if acquisition.noise_std is not None:
                return acquisition
            return replace(acquisition, noise_std=edge_noise_std(acquisition.kspace, acquisition.mask))
        if acquisition.noise_std is not None:
            raise ValueError(f"`noise_std` must be left out where `noise` is given, got {self.std}")
        if not 0 <= self.std < math.inf:
            raise ValueError(f"`noise_std` must be finite and not negative, got {self.std}")
        return replace(acquisition, noise_std=float(self.std))
