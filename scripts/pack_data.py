"""Pack grey slices of volumes and images into one small file, for machines without the project's data.

    python scripts/pack_data.py FOLDER OUT.npz [--every 2] [--megabytes 20]

FOLDER has the subfolders `train` and `test`, with NIfTI volumes, of which axial slices are taken, or with PNG
or JPEG images. OUT.npz holds `train` and `test`, each (N, H, W), uint8: the 99.5th percentile of a volume's
non-zero voxels is level 255, background is level 0, and slices are padded to one size. Only numpy and nibabel
are needed, and Pillow for images.
"""

import argparse
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

PERCENTILE = 99.5
PATCH_PIXELS = 64 * 64

Levels = NDArray[np.uint8]


def axial_slices(path: Path) -> list[Levels]:
    """Read a volume's axial slices, rows from anterior to posterior, columns from right to left."""
    volume = nib.as_closest_canonical(nib.load(path))
    voxels = np.asarray(volume.dataobj, dtype=np.float32)[::-1, ::-1].transpose(2, 1, 0)
    brightest = np.percentile(voxels[voxels != 0], PERCENTILE)
    levels = np.round(255 * np.clip(voxels / brightest, 0, 1))
    return list(np.where(voxels > 0, levels.clip(1), 0).astype(np.uint8))


def image(path: Path) -> Levels:
    """Read an image as grey levels."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def pack(folder: Path, every: int) -> Levels:
    """Pack a folder's slices and images that are foreground over half a 64x64 patch at least.

    Args:
        folder: folder of `.nii`, `.nii.gz`, `.png` and `.jpg` files.
        every: take one axial slice of so many.

    Returns:
        Grey levels, (N, H, W), padded with background below and to the right.

    Raises:
        ValueError: there is nothing to pack.
    """
    slices: list[Levels] = []
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".nii", ".nii.gz")):
            slices += axial_slices(path)[every // 2 :: every]
        elif path.suffix in {".png", ".jpg"}:
            slices.append(image(path))
    slices = [levels for levels in slices if 2 * np.count_nonzero(levels) >= PATCH_PIXELS]
    if not slices:
        raise ValueError(f"`folder` must hold volumes or images with foreground, got {folder}")
    packed = np.zeros((len(slices), *np.max([levels.shape for levels in slices], axis=0)), np.uint8)
    for whole, levels in zip(packed, slices, strict=True):
        whole[: levels.shape[0], : levels.shape[1]] = levels
    return packed


def main() -> None:
    """Pack both splits, and refuse a file that has become too large."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder with the subfolders train and test")
    parser.add_argument("output", type=Path, help="file to write, .npz")
    parser.add_argument("--every", type=int, default=2, help="take one axial slice of so many")
    parser.add_argument("--megabytes", type=float, default=20, help="largest size of the file")
    arguments = parser.parse_args()
    splits = {split: pack(arguments.folder / split, arguments.every) for split in ("train", "test")}
    np.savez_compressed(arguments.output, **splits)
    size = arguments.output.stat().st_size / 1e6
    if size > arguments.megabytes:
        arguments.output.unlink()
        parser.error(f"the file would have {size:.1f} MB: raise --every above {arguments.every}")
    shapes = ", ".join(f"{split} {levels.shape}" for split, levels in splits.items())
    print(f"{arguments.output}: {shapes}, {size:.1f} MB")


if __name__ == "__main__":
    main()
