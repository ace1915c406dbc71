"""From a folder of volumes or images to batches."""

from monai_blurvae.data.augmentation import PatchAugmentation
from monai_blurvae.data.decoding import default_cache_dir
from monai_blurvae.data.images.dataset import ImageDataset
from monai_blurvae.data.images.image_cache import ImageCache, Images
from monai_blurvae.data.images.picture import CentreSquare, Picture
from monai_blurvae.data.images.sources import find_celeba, find_celeba_hq, find_cifar10, find_images
from monai_blurvae.data.intensity import (
    brain_percentile,
    dequantize,
    from_signed_range,
    quantize,
    to_signed_range,
)
from monai_blurvae.data.loader import EpochSampler, FixedSampler, batches_of_a_pass, make_patch_loader
from monai_blurvae.data.split import Split
from monai_blurvae.data.volumes.demo import demo_dataset, is_demo_dataset
from monai_blurvae.data.volumes.patches import PatchDataset
from monai_blurvae.data.volumes.preprocessing import Preprocessing
from monai_blurvae.data.volumes.queue import make_queue_loader, make_subjects_dataset
from monai_blurvae.data.volumes.reading import (
    check_spacing,
    read_nifti,
    read_volume,
    to_subject,
    unlike_brain,
)
from monai_blurvae.data.volumes.subjects import (
    find_all_volumes,
    find_subjects,
    find_volumes,
    subject_name,
)
from monai_blurvae.data.volumes.volume_cache import Volume, VolumeCache

__all__ = [
    "CentreSquare",
    "EpochSampler",
    "FixedSampler",
    "ImageCache",
    "ImageDataset",
    "Images",
    "PatchAugmentation",
    "PatchDataset",
    "Picture",
    "Preprocessing",
    "Split",
    "Volume",
    "VolumeCache",
    "batches_of_a_pass",
    "brain_percentile",
    "check_spacing",
    "default_cache_dir",
    "demo_dataset",
    "dequantize",
    "find_all_volumes",
    "find_celeba",
    "find_celeba_hq",
    "find_cifar10",
    "find_images",
    "find_subjects",
    "find_volumes",
    "from_signed_range",
    "is_demo_dataset",
    "make_patch_loader",
    "make_queue_loader",
    "make_subjects_dataset",
    "quantize",
    "read_nifti",
    "read_volume",
    "subject_name",
    "to_signed_range",
    "to_subject",
    "unlike_brain",
]
