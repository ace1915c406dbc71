"""The faces of CelebA and CelebA-HQ: where they come from, under which terms, and how they are split."""

from pathlib import Path

from monai_blurvae.data.images.image_files import find_images
from monai_blurvae.data.images.picture import Picture
from monai_blurvae.data.volumes.split import Split

CELEBA = (
    "the folder img_align_celeba (or the one above it) of CelebA's 'Align & Cropped Images', JPEGs of"
    " 178x218: get img_align_celeba.zip from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, whose terms"
    " allow non-commercial research alone and forbid passing the images on, unpack it anywhere and pass"
    " `--dataset_dir DIR`"
)
CELEBA_HQ = (
    "a folder of CelebA-HQ's images, square and of at least `image_size`: made from CelebA as"
    " https://github.com/tkarras/progressive_growing_of_gans says, under CelebA's terms (non-commercial"
    " research alone, not to be passed on); put the image files anywhere and pass `--dataset_dir DIR`"
)
FOLDER = "img_align_celeba"


def find_celeba(dataset_dir: str | Path | None, seed: int = 0) -> Split[Picture]:
    """Find CelebA's aligned images, any number of them, split 80/20 by image.

    The images of one person may lie in both parts, as in the paper's split.

    Args:
        dataset_dir: img_align_celeba, or the folder that holds it.
        seed: Chooses the images held out.

    Returns:
        The images of each part; see `find_images`.

    Raises:
        ValueError: If they are not there; it says where they come from, and the terms.
    """
    inner = None if dataset_dir is None else Path(dataset_dir, FOLDER)
    return find_images(inner if inner is not None and inner.is_dir() else dataset_dir, seed, wanted=CELEBA)


def find_celeba_hq(dataset_dir: str | Path | None, seed: int = 0) -> Split[Picture]:
    """Find the images of CelebA-HQ, split 80/20 by image.

    Args:
        dataset_dir: Folder of images.
        seed: Chooses the images held out.

    Returns:
        The images of each part; see `find_images`.

    Raises:
        ValueError: If they are not there; it says where they come from, and the terms.
    """
    return find_images(dataset_dir, seed, wanted=CELEBA_HQ)
