"""From a folder of NIfTI volumes to batches of patches."""

from monai_blurvae.data.augmentation import PatchAugmentation
from monai_blurvae.data.cache_dir import default_cache_dir
from monai_blurvae.data.demo import demo_dataset
from monai_blurvae.data.intensity import (
    brain_percentile,
    dequantize,
    from_signed_range,
    quantize,
    to_signed_range,
)
from monai_blurvae.data.loader import EpochSampler, FixedSampler, make_patch_loader
from monai_blurvae.data.patches import PatchDataset
from monai_blurvae.data.preprocessing import Preprocessing
from monai_blurvae.data.queue import make_queue_loader, make_subjects_dataset
from monai_blurvae.data.subjects import SubjectFiles, find_subjects, find_volumes, split_subjects
from monai_blurvae.data.volume_cache import Volume, VolumeCache
from monai_blurvae.data.volumes import read_volume, to_subject

__all__ = [
    "EpochSampler",
    "FixedSampler",
    "PatchAugmentation",
    "PatchDataset",
    "Preprocessing",
    "SubjectFiles",
    "Volume",
    "VolumeCache",
    "brain_percentile",
    "default_cache_dir",
    "demo_dataset",
    "dequantize",
    "find_subjects",
    "find_volumes",
    "from_signed_range",
    "make_patch_loader",
    "make_queue_loader",
    "make_subjects_dataset",
    "quantize",
    "read_volume",
    "split_subjects",
    "to_signed_range",
    "to_subject",
]
