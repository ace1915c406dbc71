"""A trained model on whole NIfTI volumes, and on k-space: reconstructions, likelihoods, samples."""

from monai_blurvae.inference.scans.acquisition import Acquisition, Acquisitions
from monai_blurvae.inference.scans.coil_steps import (
    CompressCoils,
    EstimateMaps,
    GivenMaps,
    NoiseLevel,
    Prewhiten,
)
from monai_blurvae.inference.scans.reconstruct_slices import (
    ReconstructedSlice,
    ReconstructedVolume,
    SliceReconstruction,
)
from monai_blurvae.inference.scans.reconstruction_files import write_reconstruction
from monai_blurvae.inference.scans.sampling_steps import (
    ApplyMask,
    HoldBack,
    RemoveOversampling,
    Undersample,
)
from monai_blurvae.inference.scans.scan_geometry import Placement, ScanGeometry, placement, scan_geometry
from monai_blurvae.inference.scans.slice_files import BrainMask, Reference
from monai_blurvae.inference.volumes.anomaly import ANOMALY_MAPS, AnomalyMap
from monai_blurvae.inference.volumes.comparison import VolumeComparison
from monai_blurvae.inference.volumes.elbo_table import SliceElbo, SliceElboTable, slice_positions
from monai_blurvae.inference.volumes.intensity import BrainIntensityd, RestoreIntensityd
from monai_blurvae.inference.volumes.samples import write_samples
from monai_blurvae.inference.volumes.tiles import BrainTiles, SliceTileInferer, brain_tiles
from monai_blurvae.inference.volumes.volumes import (
    SaveVolumed,
    VolumeDataset,
    check_sliceable,
    volume_items,
)

__all__ = [
    "ANOMALY_MAPS",
    "Acquisition",
    "Acquisitions",
    "AnomalyMap",
    "ApplyMask",
    "BrainIntensityd",
    "BrainMask",
    "BrainTiles",
    "CompressCoils",
    "EstimateMaps",
    "GivenMaps",
    "HoldBack",
    "NoiseLevel",
    "Placement",
    "Prewhiten",
    "ReconstructedSlice",
    "ReconstructedVolume",
    "Reference",
    "RemoveOversampling",
    "RestoreIntensityd",
    "SaveVolumed",
    "ScanGeometry",
    "SliceElbo",
    "SliceElboTable",
    "SliceReconstruction",
    "SliceTileInferer",
    "Undersample",
    "VolumeComparison",
    "VolumeDataset",
    "brain_tiles",
    "check_sliceable",
    "placement",
    "scan_geometry",
    "slice_positions",
    "volume_items",
    "write_reconstruction",
    "write_samples",
]
