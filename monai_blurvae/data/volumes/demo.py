"""Digital subjects for first trials: warped copies of a template brain, made on this machine."""

import logging
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
import torchio as tio
from tqdm import tqdm

from monai_blurvae.data.decoding import default_cache_dir
from monai_blurvae.data.volumes.preprocessing import Preprocessing
from monai_blurvae.data.volumes.reading import IMAGE

NAME = "demo-{subjects}-subjects-seed-{seed}"
"""The folder of a data set that is made here."""

MARGIN = 16
"""Voxels around the template's brain, room for it to grow into."""

_log = logging.getLogger(__name__)


def demo_dataset(cache_dir: str | Path | None = None, subjects: int = 5, seed: int = 0) -> Path:
    """Make the demo data set, unless it exists: a flat folder of NIfTI volumes, the same for the same seed.

    Every subject is the ICBM152 T1 template that nilearn ships (1 mm, skull-stripped), under a random affine,
    elastic and gamma transform. The folder appears complete or not at all.

    Args:
        cache_dir: folder in which the data set's folder is made; None for `default_cache_dir`.
        subjects: number of subjects.
        seed: chooses the transforms.

    Returns:
        The data set's folder.

    Raises:
        ImportError: If nilearn is not installed.
        ValueError: If `subjects` is less than 1.
        OSError: If the folder cannot be written.
    """
    if subjects < 1:
        raise ValueError(f"`subjects` must be at least 1, got {subjects}")
    root = Path(cache_dir) if cache_dir is not None else default_cache_dir()
    folder = root / NAME.format(subjects=subjects, seed=seed)
    if folder.is_dir():
        _log.info("Demo data set: %s", folder)
        return folder
    _log.info("Making %d digital subjects from nilearn's ICBM152 template in %s, once", subjects, folder)
    # every TorchIO transform draws from torch's global generator: the first run must not differ from the next
    with torch.random.fork_rng(devices=[]):
        template = _template()
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".making-demo-") as temporary:
        made = Path(temporary) / folder.name
        made.mkdir()
        for index in tqdm(range(1, subjects + 1), "Making digital subjects"):
            warped = _warp(template, seed * 1000 + index)
            warped[IMAGE].save(made / f"sub-demo{index:02d}_T1w.nii.gz")
        try:
            made.rename(folder)
        except OSError:  # another process made it meanwhile
            if not folder.is_dir():
                raise
    return folder


def is_demo_dataset(folder: str | Path | None) -> bool:
    """Tell a data set that `demo_dataset` made by the name of its folder."""
    return folder is not None and fnmatchcase(Path(folder).name, NAME.format(subjects="*", seed="*"))


def _template() -> tio.Subject:
    try:
        from nilearn.datasets import load_mni152_template
    except ImportError as error:
        raise ImportError(
            "the demo data set needs nilearn: run `pip install .[demo]`, or name your own volumes by"
            " `--dataset_dir DIR`"
        ) from error
    image: Any = load_mni152_template(resolution=1)
    subject = tio.Subject({IMAGE: tio.ScalarImage(tensor=image.get_fdata()[None], affine=image.affine)})
    return Preprocessing(orientation="RAS", margin=MARGIN).geometry(tio.Pad(MARGIN)(subject))


def _warp(template: tio.Subject, seed: int) -> tio.Subject:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        warped = tio.Compose(
            [
                tio.RandomAffine(scales=(0.9, 1.1), degrees=6, translation=3, default_pad_value=0),
                tio.RandomElasticDeformation(num_control_points=8, max_displacement=9),
                tio.RandomGamma(log_gamma=0.3),
            ]
        )(template)
    data = warped[IMAGE].data.clamp(0, 1)
    warped[IMAGE].set_data((data * 1000).round().to(torch.int16))
    return warped
