"""A trained model on whole NIfTI volumes, and on k-space: reconstructions, likelihoods, samples."""

from monai_blurvae.inference.acquisition import Acquisition, Acquisitions
from monai_blurvae.inference.anomaly_study import AnomalyStudy, Judged
from monai_blurvae.inference.brain_mask import BrainMask
from monai_blurvae.inference.brain_tiles import BrainTiles, brain_tiles
from monai_blurvae.inference.classical_solver import ClassicalSolver
from monai_blurvae.inference.coil_steps import CompressCoils, EstimateMaps, GivenMaps
from monai_blurvae.inference.elbo_table import SliceElbo, SliceElboTable
from monai_blurvae.inference.intensity import BrainIntensityd, RestoreIntensityd
from monai_blurvae.inference.noise_steps import NoiseLevel, Prewhiten
from monai_blurvae.inference.oriented_solver import oriented, placement
from monai_blurvae.inference.readout_step import RemoveOversampling
from monai_blurvae.inference.reconstruct_slices import (
    ReconstructedSlice,
    ReconstructedVolume,
    SliceReconstruction,
)
from monai_blurvae.inference.reconstruction_files import write_reconstruction
from monai_blurvae.inference.reference import Reference, compare
from monai_blurvae.inference.samples import write_samples
from monai_blurvae.inference.sampling_steps import ApplyMask, HoldBack, Undersample
from monai_blurvae.inference.scan_geometry import ScanGeometry, scan_geometry
from monai_blurvae.inference.slice_positions import slice_positions
from monai_blurvae.inference.slice_tiles import SliceTileInferer
from monai_blurvae.inference.volumes import VolumeDataset, check_sliceable, volume_items
from monai_blurvae.inference.write_anomalies import write_anomalies
from monai_blurvae.priors.mri_extra import from_mri_extra

__all__ = [
    "Acquisition",
    "Acquisitions",
    "AnomalyStudy",
    "ApplyMask",
    "BrainIntensityd",
    "BrainMask",
    "BrainTiles",
    "ClassicalSolver",
    "CompressCoils",
    "EstimateMaps",
    "GivenMaps",
    "HoldBack",
    "Judged",
    "NoiseLevel",
    "Prewhiten",
    "ReconstructedSlice",
    "ReconstructedVolume",
    "Reference",
    "RemoveOversampling",
    "RestoreIntensityd",
    "ScanGeometry",
    "SliceElbo",
    "SliceElboTable",
    "SliceReconstruction",
    "SliceTileInferer",
    "Undersample",
    "VolumeDataset",
    "brain_tiles",
    "check_sliceable",
    "compare",
    "from_mri_extra",
    "oriented",
    "placement",
    "scan_geometry",
    "slice_positions",
    "volume_items",
    "write_anomalies",
    "write_reconstruction",
    "write_samples",
]
