"""Reconstruction methods by name, each at a given weight."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from experiments.study.plan import Method
from monai_blurvae.files import did_you_mean
from monai_blurvae.mri import CartesianEncoding
from monai_blurvae.priors import SOLVERS, SliceSettings, make_solver
from monai_blurvae.workflow import LoadedPrior, load_prior
from monai_blurvae.workflow.pixel_scale import PIXEL_SCALE
from monai_blurvae.workflow.settings import SETTINGS

SLICE_SETTINGS = tuple(field.name for field in fields(SliceSettings))
"""Settings of a study file that belong to `SliceSettings`; the others are arguments of the solver."""
PHASE_WIDTH = 8.0
"""Width of the filter behind the phase, in samples of k-space, where the study file states none."""

Reconstruct = Callable[[Tensor, CartesianEncoding, float], Tensor]
"""K-space (1, coils, H, W), encoding and weight to an image, complex (1, 1, H, W)."""


def make_reconstruct(method: Method, loaded: LoadedPrior | None) -> Reconstruct:
    """Make the function that reconstructs by a method; its arguments are checked at once."""
    arguments = dict(method.settings)
    if loaded is not None:
        stated = {name: arguments.pop(name) for name in SLICE_SETTINGS if name in arguments}
        base = {**asdict(loaded.slices), "phase_width": PHASE_WIDTH}
        arguments |= {"prior": loaded.prior, "settings": SliceSettings.from_mapping({**base, **stated})}
    make_solver(method.function, weight=method.grid[0], **arguments)

    def reconstruct(y: Tensor, encoding: CartesianEncoding, weight: float) -> Tensor:
        found = make_solver(method.function, weight=weight, **arguments).reconstruct(y, encoding)
        if found.stopped == "interrupted":  # its last iterate is not a result
            raise KeyboardInterrupt
        image: Tensor = found.image
        return image

    return reconstruct


class Runnable(NamedTuple):
    """A method ready to run."""

    method: Method
    reconstruct: Reconstruct
    identity: str
    """Function, settings and digest of the prior as one text: results of one identity are of one method."""
    loaded: LoadedPrior | None


def make_methods(
    methods: Sequence[Method], weight_files: Mapping[str, str | None], device: str = "cpu"
) -> list[Runnable]:
    """Make methods ready to run."""
    made: list[Runnable] = []
    for method in methods:
        name = method.name
        if method.function not in SOLVERS:
            hint = did_you_mean(method.function, SOLVERS)
            known = ", ".join(SOLVERS)
            raise ValueError(f"`function` of {name!r} must be among {known}, got {method.function!r}{hint}")
        loaded, digest = None, None
        try:
            if SOLVERS[method.function].has_prior:
                file = _weight_file(method, weight_files)
                first = next((item.loaded for item in made if item.loaded is not None), None)
                like: dict[str, Any] = (
                    {} if first is None else {"orientation": first.orientation, "spacing": first.spacing}
                )
                loaded = load_prior(file, device=device, **like, **method.prior)
                digest = _digest(Path(file))
            elif method.model is not None or method.prior:
                raise ValueError(f"`model` of {name!r} must be left out: {method.function} has no prior")
            reconstruct = make_reconstruct(method, loaded)
        except TypeError as error:
            raise ValueError(f"`settings` and `prior` of {name!r} must be known: {error}") from error
        identity = json.dumps([method.function, method.settings, method.prior, digest], sort_keys=True)
        made.append(Runnable(method, reconstruct, identity, loaded))
    return made


def _digest(weights: Path) -> str:
    """Digest all that makes a prior: weights, settings and scale network."""
    files = (weights, weights.with_name(SETTINGS), weights.with_name(PIXEL_SCALE))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if file.is_file())).hexdigest()


def _weight_file(method: Method, weight_files: Mapping[str, str | None]) -> str:
    if method.model is None or method.model not in weight_files:
        hint = did_you_mean(str(method.model), weight_files)
        known = ", ".join(weight_files)
        raise ValueError(f"`model` of {method.name!r} must be among {known}, got {method.model!r}{hint}")
    file = weight_files[method.model]
    if file is None:
        raise ValueError(f"`{method.model}_weights` must be given for {method.name!r}, got none")
    return file
