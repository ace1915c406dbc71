"""Write a finished run's weights, in half precision, and its settings into the bundle."""

import argparse
import hashlib
import json
from pathlib import Path

from monai_blurvae.files import ENVIRONMENT, records, write_state, write_text
from monai_blurvae.networks.weights import read_weights
from monai_blurvae.workflow.bundle_root import bundle_root
from monai_blurvae.workflow.companion import save_companion
from monai_blurvae.workflow.latent_prior import LATENT_PRIOR, read_latent_prior
from monai_blurvae.workflow.pixel_scale import PIXEL_SCALE, read_pixel_scale
from monai_blurvae.workflow.pretrained import WEIGHTS
from monai_blurvae.workflow.settings import SETTINGS, read_settings, write_settings

SUMS = "SHA256SUMS"
"""The checksums of a release."""


def release(run_dir: str | Path, root: str | Path, overwrite: bool = False, name: str = "") -> Path:
    """Write a finished run's best weights and their settings into the bundle's `models/`.

    Networks are stored in float16, which `load_weights` widens again. Scalars, what the likelihood measured,
    the small scale network and the learned prior keep their precision.

    Args:
        run_dir: folder of the run.
        root: the bundle's folder.
        overwrite: replace existing weights.
        name: folder inside `models/`; empty: `models/` itself.

    Returns:
        The weight file.

    Raises:
        ValueError: If the run did not finish, or its weights do not fit into float16.
        FileExistsError: If there are weights already and `overwrite` is not set.
    """
    run, models = Path(run_dir), Path(root, "models", name)
    environments = records(run, ENVIRONMENT)
    if not environments or "finished" not in json.loads(environments[-1].read_text(encoding="utf-8")):
        raise ValueError(f"`run_dir` must be the folder of a finished run, got {run}")
    if (models / WEIGHTS).exists() and not overwrite:
        raise FileExistsError(
            f"{models / WEIGHTS} exists and is not written over; pass --overwrite to replace it"
        )
    state = read_weights(run / WEIGHTS)
    small = {
        name: value
        if name.startswith("likelihood.") or value.ndim == 0 or not value.is_floating_point()
        else value.half()
        for name, value in state.items()
    }
    for key, value in small.items():
        if not value.isfinite().all():
            raise ValueError(f"`run_dir` must hold weights that fit into float16, got {key} beyond it")
    settings = read_settings(run / WEIGHTS)
    channels = 1 if settings.model is None else settings.model.channels
    scales, latent_prior = read_pixel_scale(run / WEIGHTS, channels), read_latent_prior(run / WEIGHTS)
    write_state(models / WEIGHTS, small)
    write_settings(models, settings, small)
    for part, network in ((PIXEL_SCALE, scales), (LATENT_PRIOR, latent_prior)):
        if network is None:
            (models / part).unlink(missing_ok=True)  # another model's
        else:
            save_companion(models / WEIGHTS, part, network, small)
    write_sums(models)
    return models / WEIGHTS


def write_sums(folder: Path) -> Path:
    """Write the SHA-256 of the files of a release, as `sha256sum -c` reads them."""
    names = (WEIGHTS, SETTINGS, PIXEL_SCALE, LATENT_PRIOR)
    found = [path for path in (folder / name for name in names) if path.is_file()]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in found]
    write_text(folder / SUMS, "".join(lines))
    return folder / SUMS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m monai_blurvae.workflow.release", description=__doc__)
    parser.add_argument("run_dir", help="folder of a finished run")
    parser.add_argument("--bundle_root", default=None, help="the bundle's folder")
    parser.add_argument("--overwrite", action="store_true", help="replace weights that are there")
    parser.add_argument("--name", default="", help="folder inside models/; models/ itself without")
    options = parser.parse_args()
    release(options.run_dir, options.bundle_root or bundle_root(), options.overwrite, options.name)
