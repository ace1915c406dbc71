"""From a folder of volumes or images to batches."""

from monai_blurvae.data.images.centre_square import CentreSquare
from monai_blurvae.data.images.cifar10 import find_cifar10
from monai_blurvae.data.images.faces import find_celeba, find_celeba_hq
from monai_blurvae.data.images.image_cache import ImageCache, Images
from monai_blurvae.data.images.image_files import find_images
from monai_blurvae.data.images.images import ImageDataset
from monai_blurvae.data.images.picture import Picture
from monai_blurvae.data.volumes.artefacts import MotionArtefact, SpikeArtefact
from monai_blurvae.data.volumes.augmentation import PatchAugmentation
from monai_blurvae.data.volumes.cache_dir import default_cache_dir
from monai_blurvae.data.volumes.corruption import Corrupted, Corruption
from monai_blurvae.data.volumes.demo import demo_dataset, is_demo_dataset
from monai_blurvae.data.volumes.fixed_slices import BrainSlices, fixed_slices
from monai_blurvae.data.volumes.intensity import (
    brain_percentile,
    dequantize,
    from_signed_range,
    quantize,
    to_signed_range,
)
from monai_blurvae.data.volumes.lesions import Lesion
from monai_blurvae.data.volumes.loader import batches_of_a_pass, make_patch_loader
from monai_blurvae.data.volumes.patches import PatchDataset
from monai_blurvae.data.volumes.preprocessing import Preprocessing
from monai_blurvae.data.volumes.queue import make_queue_loader, make_subjects_dataset
from monai_blurvae.data.volumes.samplers import EpochSampler, FixedSampler
from monai_blurvae.data.volumes.split import Split
from monai_blurvae.data.volumes.subjects import (
    find_subjects,
    find_volumes,
    split_subjects,
    subject_name,
)
from monai_blurvae.data.volumes.volume_cache import Volume, VolumeCache
from monai_blurvae.data.volumes.volumes import read_volume, to_subject

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
