"""A trained model on whole NIfTI volumes, and on k-space: reconstructions, likelihoods, samples."""

from monai_blurvae.inference.scans.acquisition import Acquisition, Acquisitions
from monai_blurvae.inference.scans.brain_mask import BrainMask
from monai_blurvae.inference.scans.classical_solver import ClassicalSolver
from monai_blurvae.inference.scans.coil_steps import CompressCoils, EstimateMaps, GivenMaps
from monai_blurvae.inference.scans.noise_steps import NoiseLevel, Prewhiten
from monai_blurvae.inference.scans.oriented_solver import oriented, placement
from monai_blurvae.inference.scans.readout_step import RemoveOversampling
from monai_blurvae.inference.scans.reconstruct_slices import (
    ReconstructedSlice,
    ReconstructedVolume,
    SliceReconstruction,
)
from monai_blurvae.inference.scans.reconstruction_files import write_reconstruction
from monai_blurvae.inference.scans.reference import Reference, compare
from monai_blurvae.inference.scans.sampling_steps import ApplyMask, HoldBack, Undersample
from monai_blurvae.inference.scans.scan_geometry import ScanGeometry, scan_geometry
from monai_blurvae.inference.volumes.elbo_table import SliceElbo, SliceElboTable, slice_positions
from monai_blurvae.inference.volumes.intensity import BrainIntensityd, RestoreIntensityd
from monai_blurvae.inference.volumes.samples import write_samples
from monai_blurvae.inference.volumes.tiles import BrainTiles, SliceTileInferer, brain_tiles
from monai_blurvae.inference.volumes.volumes import VolumeDataset, check_sliceable, volume_items

__all__ = [
    "Acquisition",
    "Acquisitions",
    "ApplyMask",
    "BrainIntensityd",
    "BrainMask",
    "BrainTiles",
    "ClassicalSolver",
    "CompressCoils",
    "EstimateMaps",
    "GivenMaps",
    "HoldBack",
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
    "oriented",
    "placement",
    "scan_geometry",
    "slice_positions",
    "volume_items",
    "write_reconstruction",
    "write_samples",
]
