"""A trained model on whole NIfTI volumes: reconstructions, a likelihood per slice, samples."""

from monai_blurvae.inference.anomaly_study import AnomalyStudy, Judged
from monai_blurvae.inference.brain_tiles import BrainTiles, brain_tiles
from monai_blurvae.inference.elbo_table import SliceElbo, SliceElboTable
from monai_blurvae.inference.intensity import BrainIntensityd, RestoreIntensityd
from monai_blurvae.inference.samples import write_samples
from monai_blurvae.inference.slice_positions import slice_positions
from monai_blurvae.inference.slice_tiles import SliceTileInferer
from monai_blurvae.inference.volumes import VolumeDataset, check_sliceable, volume_items
from monai_blurvae.inference.write_anomalies import write_anomalies

__all__ = [
    "AnomalyStudy",
    "BrainIntensityd",
    "BrainTiles",
    "Judged",
    "RestoreIntensityd",
    "SliceElbo",
    "SliceElboTable",
    "SliceTileInferer",
    "VolumeDataset",
    "brain_tiles",
    "check_sliceable",
    "slice_positions",
    "volume_items",
    "write_anomalies",
    "write_samples",
]
