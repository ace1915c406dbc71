"""The files of a reconstruction: NIfTI volumes, a picture, a record of numbers."""

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from torch import Tensor

from monai_blurvae.files import replacing
from monai_blurvae.inference.scans.comparison_figure import comparison_figure
from monai_blurvae.inference.scans.quality import quality
from monai_blurvae.inference.scans.reconstruct_slices import ReconstructedVolume
from monai_blurvae.inference.scans.scan_geometry import ScanGeometry
from monai_blurvae.inference.scans.slice_files import Reference
from monai_blurvae.mri.solver import INTERRUPTED

RECORD = "reconstruction.json"
MOST_ROWS = 6
"""Slices that the picture shows, evenly chosen."""


def write_reconstruction(
    volume: ReconstructedVolume,
    run_dir: str | Path,
    geometry: ScanGeometry,
    reference: Reference,
    count: int,
    settings: Mapping[str, Any],
) -> dict[str, float]:
    """Write magnitude, phase and standard deviation as NIfTI, the picture and the record.

    The standard deviation is NaN in slices that have none, and has no file where no slice has one.

    Args:
        volume: the reconstructed slices.
        run_dir: the folder.
        geometry: where the pixels lie in the patient.
        reference: images to compare with.
        count: number of slices in the k-space file.
        settings: settings of the method, for the record.

    Returns:
        Means over slices of residuals, seconds and, with a reference, errors.
    """
    folder = Path(run_dir)
    numbers = [part.number for part in volume.slices]
    images = [geometry.cropped(part.image) for part in volume.slices]
    first = [geometry.cropped(part.zero_filled) for part in volume.slices]
    stds = [None if part.std is None else geometry.cropped(part.std) for part in volume.slices]
    references = [reference.of(number, count, tuple(images[0].shape)) for number in numbers]
    affine = geometry.affine(images[0].shape, numbers)
    _write_nifti(folder / "magnitude.nii.gz", [image.abs() for image in images], affine)
    _write_nifti(folder / "phase.nii.gz", [image.angle() for image in images], affine)
    if any(std is not None for std in stds):
        unknown = torch.full(images[0].shape, torch.nan)
        _write_nifti(folder / "std.nii.gz", [unknown if std is None else std for std in stds], affine)
    records = [dict(part.record) for part in volume.slices]
    words = [f"slice {number}" for number in numbers]
    for index, compared in enumerate(references):
        if compared is not None:
            records[index]["metrics"] = _measures(images[index], compared)
            records[index]["zero_filled_metrics"] = _measures(first[index], compared)
            words[index] += f"\nNRMSE {records[index]['metrics']['nrmse_percent']:.2f} %"
    means = _means(records)
    shown = sorted(set(np.linspace(0, len(numbers) - 1, min(MOST_ROWS, len(numbers))).round().astype(int)))
    columns = ([column[row] for row in shown] for column in (words, first, images, stds, references))
    canvas = FigureCanvasAgg(comparison_figure(_title(settings, means), *columns))
    png = io.BytesIO()
    canvas.print_png(png)
    with replacing(folder / "reconstruction.png") as partial:
        partial.write_bytes(png.getvalue())
    record = {
        "stopped": INTERRUPTED if volume.interrupted else "finished",
        "settings": settings,
        "orientation": geometry.orientation,
        "spacing_mm": geometry.spacing,
        "means": means,
        "slices": records,
    }
    with replacing(folder / RECORD) as partial:
        partial.write_text(json.dumps(record, indent=4) + "\n", encoding="utf-8")
    return means


def _title(settings: Mapping[str, Any], means: Mapping[str, float]) -> str:
    sampled = f", acceleration {means['acceleration']:.2f}" if "acceleration" in means else ""
    return f"{settings['method']}{sampled}"


def _measures(image: Tensor, reference: Tensor) -> dict[str, float]:
    found = quality(image[None, None], reference[None, None])
    return {"nrmse_percent": found.nrmse, "psnr_db": found.psnr, "ssim": found.ssim}


def _means(records: list[dict[str, Any]]) -> dict[str, float]:
    flat = [
        {
            **record,
            **record.get("metrics", {}),
            **{f"zero_filled_{name}": value for name, value in record.get("zero_filled_metrics", {}).items()},
        }
        for record in records
    ]
    return {
        name: float(np.mean([record[name] for record in flat]))
        for name, value in flat[0].items()
        if isinstance(value, float)
    }


def _write_nifti(path: Path, slices: list[Tensor], affine: np.ndarray) -> None:
    values = torch.stack(slices, dim=-1).float().numpy()
    image = nib.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm")
    with replacing(path) as partial:
        partial.write_bytes(gzip.compress(image.to_bytes(), mtime=0))
