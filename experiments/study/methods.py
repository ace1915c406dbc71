"""Methods by name: what turns k-space into an image at a given weight."""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, NamedTuple

from monai.bundle import ConfigParser
from torch import Tensor

from experiments.study.plan import Method
from monai_blurvae.files import CONFIGURATION, did_you_mean
from monai_blurvae.mri import CartesianEncoding
from monai_blurvae.priors import SliceSettings
from monai_blurvae.workflow import LoadedPrior, bundle_root, load_prior
from monai_blurvae.workflow.pixel_scale import PIXEL_SCALE

FUNCTIONS = {
    f"{name}_map" if name in ("joint", "alternating") else name: method["_target_"]
    for name, method in ConfigParser.load_config_file(f"{bundle_root()}/configs/reconstruct.json")[
        "methods"
    ].items()
}
"""The solvers of reconstruct.json, by the names that study files give them."""

GIVEN = ("prior", "settings", "weight", "weights", "orientation", "spacing", "device", "percentile")
"""Arguments that the study itself gives."""

SLICE_SETTINGS = tuple(field.name for field in fields(SliceSettings))
"""Settings of the solvers with a prior that lie in `SliceSettings`."""

PHASE_WIDTH = 8.0
"""Width of the filter behind the phase, in samples of k-space, where the study file states none."""


class Runnable(NamedTuple):
    """A method ready to run."""

    method: Method
    reconstruct: Callable[[Tensor, CartesianEncoding, float], Tensor]
    """K-space (1, coils, H, W), encoding and weight to an image, complex (1, 1, H, W)."""
    identity: str
    """What tells its results from those of other settings or another weight file."""
    loaded: LoadedPrior | None
    """Its prior."""


def make_methods(
    methods: tuple[Method, ...], weight_files: Mapping[str, str | None], device: str = "cpu"
) -> list[Runnable]:
    """Make methods ready to run.

    Args:
        methods: from the study file.
        weight_files: a model's name to its weight file; None where the command line gave none.
        device: where priors compute.

    Returns:
        The methods, in the same order. A warning names orientations or spacings in which models differ.

    Raises:
        ValueError: If a function, a model or a setting is unknown, or a weight file was not given.
        FileNotFoundError: If a weight file is missing.
    """
    made: list[Runnable] = []
    for method in methods:
        if method.function not in FUNCTIONS:
            raise ValueError(
                f"`function` of {method.name!r} must be among {', '.join(FUNCTIONS)}, got "
                f"{method.function!r}{did_you_mean(method.function, FUNCTIONS)}"
            )
        target = resolve_name(FUNCTIONS[method.function])
        _check_settings(method.settings, target, f"`settings` of {method.name!r}")
        _check_settings(method.prior, load_prior, f"`prior` of {method.name!r}")
        loaded, digest = None, None
        if "prior" in inspect.signature(target).parameters:
            file = _weight_file(method, weight_files)
            first = next((item.loaded for item in made if item.loaded is not None), None)
            orientation, spacing = (None, None) if first is None else (first.orientation, first.spacing)
            loaded = load_prior(file, orientation, spacing, device=device, **method.prior)
            digest = _digest(Path(file))
        elif method.model is not None or method.prior:
            raise ValueError(f"`model` of {method.name!r} must be left out: {method.function} has no prior")
        identity = json.dumps([method.function, method.settings, method.prior, digest], sort_keys=True)
        made.append(Runnable(method, _bound(target, method, loaded), identity, loaded))
    return made


def _digest(weights: Path) -> str:
    # of all that makes a prior: another scale network, or another likelihood, is another prior
    files = (weights, weights.with_name(CONFIGURATION), weights.with_name(PIXEL_SCALE))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if file.is_file())).hexdigest()


def _bound(
    target: Callable[..., Any], method: Method, loaded: LoadedPrior | None
) -> Callable[[Tensor, CartesianEncoding, float], Tensor]:
    settings = dict(method.settings)
    if loaded is not None:
        of_slices = {name: settings.pop(name) for name in SLICE_SETTINGS if name in settings}
        of_slices = {"phase_width": PHASE_WIDTH, "percentile": loaded.slices.percentile, **of_slices}
        settings |= {"prior": loaded.prior, "settings": SliceSettings.from_mapping(of_slices)}

    def reconstruct(y: Tensor, encoding: CartesianEncoding, weight: float) -> Tensor:
        reconstruction = target(weight=weight, **settings).reconstruct(y, encoding)
        if reconstruction.stopped == "interrupted":  # it has kept its last iterate, which is no result
            raise KeyboardInterrupt
        image: Tensor = reconstruction.image
        return image

    return reconstruct


def _weight_file(method: Method, weight_files: Mapping[str, str | None]) -> str:
    if method.model is None or method.model not in weight_files:
        raise ValueError(
            f"`model` of {method.name!r} must be among {', '.join(weight_files)}, got {method.model!r}"
            f"{did_you_mean(str(method.model), weight_files)}"
        )
    file = weight_files[method.model]
    if file is None:
        raise ValueError(f"`{method.model}_weights` must be given for {method.name!r}, got none")
    return file


def _check_settings(settings: Mapping[str, Any], target: Callable[..., Any], where: str) -> None:
    parameters = inspect.signature(target).parameters
    names = [*parameters, *(SLICE_SETTINGS if "settings" in parameters else ())]
    known = [name for name in names if name not in GIVEN]
    for name in settings:
        if name not in known:
            raise ValueError(
                f"{where} must be among {', '.join(known)}, got `{name}`{did_you_mean(name, known)}"
            )
