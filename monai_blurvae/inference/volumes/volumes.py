"""The volumes that inference runs on: found, and checked before they are loaded."""

import logging
from pathlib import Path
from typing import Any

from monai.data import Dataset

from monai_blurvae.data import find_all_volumes, read_volume, unlike_brain
from monai_blurvae.keys import Keys

_log = logging.getLogger(__name__)


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
    """A MONAI dataset that checks each volume before the transforms, with messages that name the file.

    MONAI's reader accepts NaN and 4D volumes, and an error inside a transform does not name the file. Each
    file is read twice, which takes at most a second.

    Args:
        data: items with a NIfTI file's path under "image", as `volume_items` lists them.
        transform: what loads and prepares an item.
    """

    def _transform(self, index: int) -> Any:  # noqa: ANN401
        path = self.data[index][Keys.IMAGE]
        if (difference := unlike_brain(read_volume(path)[0])) is not None:
            _log.warning("%s is not what the model was trained on: %s", path, difference)
        return super()._transform(index)
