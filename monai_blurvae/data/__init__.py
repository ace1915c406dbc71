"""From a folder of volumes or images to batches."""

from monai_blurvae.data.artefacts import MotionArtefact, SpikeArtefact
from monai_blurvae.data.augmentation import PatchAugmentation
from monai_blurvae.data.cache_dir import default_cache_dir
from monai_blurvae.data.centre_square import CentreSquare
from monai_blurvae.data.cifar10 import find_cifar10
from monai_blurvae.data.corruption import Corrupted, Corruption
from monai_blurvae.data.demo import demo_dataset, is_demo_dataset
from monai_blurvae.data.faces import find_celeba, find_celeba_hq
from monai_blurvae.data.fixed_slices import BrainSlices, fixed_slices
from monai_blurvae.data.image_cache import ImageCache, Images
from monai_blurvae.data.image_files import find_images
from monai_blurvae.data.images import ImageDataset
from monai_blurvae.data.intensity import (
    brain_percentile,
    dequantize,
    from_signed_range,
    quantize,
    to_signed_range,
)
from monai_blurvae.data.lesions import Lesion
from monai_blurvae.data.loader import batches_of_a_pass, make_patch_loader
from monai_blurvae.data.patches import PatchDataset
from monai_blurvae.data.picture import Picture
from monai_blurvae.data.preprocessing import Preprocessing
from monai_blurvae.data.queue import make_queue_loader, make_subjects_dataset
from monai_blurvae.data.samplers import EpochSampler, FixedSampler
from monai_blurvae.data.split import Split
from monai_blurvae.data.subjects import find_subjects, find_volumes, split_subjects, subject_name
from monai_blurvae.data.volume_cache import Volume, VolumeCache
from monai_blurvae.data.volumes import read_volume, to_subject

__all__ = [
    "BrainSlices",
    "CentreSquare",
    "Corrupted",
    "Corruption",
    "EpochSampler",
    "FixedSampler",
    "ImageCache",
    "ImageDataset",
    "Images",
    "Lesion",
    "MotionArtefact",
    "PatchAugmentation",
    "PatchDataset",
    "Picture",
    "Preprocessing",
    "SpikeArtefact",
    "Split",
    "Volume",
    "VolumeCache",
    "batches_of_a_pass",
    "brain_percentile",
    "default_cache_dir",
    "demo_dataset",
    "dequantize",
    "find_celeba",
    "find_celeba_hq",
    "find_cifar10",
    "find_images",
    "find_subjects",
    "find_volumes",
    "fixed_slices",
    "from_signed_range",
    "is_demo_dataset",
    "make_patch_loader",
    "make_queue_loader",
    "make_subjects_dataset",
    "quantize",
    "read_volume",
    "split_subjects",
    "subject_name",
    "to_signed_range",
    "to_subject",
]
