"""The volumes that inference runs on: found, and read as training reads them."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from monai.config import KeysCollection
from monai.data import Dataset, FolderLayout, MetaTensor, NibabelWriter
from monai.transforms import MapTransform
from typing_extensions import override

from monai_blurvae.checks import check_sizes
from monai_blurvae.data import check_spacing, find_all_volumes, read_volume, unlike_brain
from monai_blurvae.files import replacing
from monai_blurvae.keys import Keys

_log = logging.getLogger(__name__)


class SaveVolumed(MapTransform):  # type: ignore[misc]
    """Write volumes as NIfTI files, each of which is whole or not there, also on a full disk.

    MONAI's `SaveImaged` would make a stack of calls of the disk's error.

    Args:
        keys: keys of the volumes, MetaTensors (1, X, Y, Z) that name the file they come from.
        output_dir: folder of the files.
        output_postfix: what is added to the name of the file they come from.

    Raises:
        OSError: If a file cannot be written, when it is called.
    """

    def __init__(self, keys: KeysCollection, output_dir: str | Path, output_postfix: str) -> None:
        super().__init__(keys)
        self.layout = FolderLayout(output_dir, output_postfix, ".nii.gz")

    @override
    def __call__(self, data: dict[str, Any]) -> dict[str, Any]:
        for key in self.keys:
            writer = NibabelWriter()
            writer.set_data_array(data[key])
            writer.set_metadata(data[key].meta, resample=False)
            with replacing(self.layout.filename(data[key].meta["filename_or_obj"])) as partial:
                writer.write(partial)
        return data


def volume_items(source: str | Path) -> list[dict[str, str]]:
    """List volumes as the items of a MONAI dataset.

    Args:
        source: one NIfTI file, or a folder that holds *.nii[.gz] directly, in train/ + test/ (+ val/), or
            BIDS subjects.

    Returns:
        One {"image": path} per volume, sorted by path.

    Raises:
        ValueError: If there is no such file or folder, the file is not NIfTI, or the folder holds no volume.
    """
    path = Path(source)
    if not path.exists():
        raise ValueError(f"`dataset_dir` must be an existing folder or NIfTI file, got {path}")
    if path.is_dir():
        return [{Keys.IMAGE.value: str(volume)} for volume in find_all_volumes(path)]
    if not path.name.endswith((".nii", ".nii.gz")):
        raise ValueError(f"`dataset_dir` must be a folder or a .nii or .nii.gz file, got {path}")
    return [{Keys.IMAGE.value: str(path)}]


def check_sliceable(channels: int, spatial_dims: int) -> None:
    """Raise a ValueError for a network whose images are not 2D with one channel, as slices are."""
    if (channels, spatial_dims) != (1, 2):
        raise ValueError(
            "`ckpt_path` must hold weights for grey 2D images, to run on the slices of volumes, "
            f"got weights for {spatial_dims}D images of {channels} channel(s)"
        )


class VolumeDataset(Dataset):  # type: ignore[misc]
    """A MONAI dataset of volumes, read and checked as in training (`read_volume`), before the transforms.

    A line says which volume is not a skull-stripped brain, as a model was trained on.

    Args:
        data: items with a NIfTI file's path under "image", as `volume_items` lists them.
        transform: what prepares an item, whose image is a MetaTensor (1, X, Y, Z) in scanner units.
        spacing: voxel size in mm, (row, column, slice), to which `transform` resamples; None: it does not.

    Raises:
        ValueError: If the spacing is not three positive numbers. Items raise what `read_volume` does, and for
            a volume that would be too large after resampling.
    """

    def __init__(
        self,
        data: Sequence[dict[str, str]],
        transform: Callable[..., Any] | None = None,
        spacing: Sequence[float] | None = None,
    ) -> None:
        if spacing is not None:
            check_sizes(axes=(3,), spacing=spacing)
        super().__init__(data, transform)
        self.spacing = spacing

    def _transform(self, index: int) -> Any:  # noqa: ANN401
        path = self.data[index][Keys.IMAGE]
        data, affine = read_volume(path)
        if (difference := unlike_brain(data)) is not None:
            _log.warning("%s is not what the model was trained on: %s", path, difference)
        check_spacing(self.spacing, data.shape[1:], affine, path)
        image = MetaTensor(data, torch.as_tensor(affine), {"filename_or_obj": path})
        item = {**self.data[index], Keys.IMAGE.value: image}
        return item if self.transform is None else self.transform(item)
