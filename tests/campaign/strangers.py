"""Files from a stranger: crafted models and run folders. A marker file shows whether anything executed."""

import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from experiments.report.__main__ import main as report
from experiments.sweep import difference, read_sweep, state_of
from monai_blurvae.data import find_cifar10, read_volume
from monai_blurvae.workflow import load_pretrained, load_prior
from tests.campaign.attempt import ACCEPTED, EXECUTED, Case
from tests.campaign.material import ROOT, run

MARKUP = "<script>document.title='x'</script>|[x](javascript:x)"


class Bomb:
    """What unpickling turns into a call."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


def expression(marker: Path) -> str:
    """What evaluating turns into a call."""
    return f"$__import__('pathlib').Path({str(marker)!r}).touch() or 1"


def target(marker: Path) -> dict[str, object]:
    """What instantiating turns into a call."""
    return {"_target_": "os.system", "command": f"touch {marker}"}


def _everywhere(content: Any, value: object) -> Any:  # noqa: ANN401
    if isinstance(content, dict):
        return {name: _everywhere(inner, value) for name, inner in content.items()}
    return content if isinstance(content, list) or content is None else value


def rewrite(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a JSON file."""
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def _evil_settings(folder: Path, marker: Path, value: object) -> None:
    rewrite(
        folder / "settings.json",
        lambda all_: {"format": 1, **_everywhere({**all_, "format": None}, value), "format": 1},
    )


def _evil_configuration(folder: Path, marker: Path) -> None:
    parts = {
        name: expression(marker)
        for name in ("network_def", "reconstruction_loss", "initialize", "imports", "run")
    }
    rewrite(
        folder / "config.json",
        lambda all_: {**_everywhere(all_, expression(marker)), **parts, "network": target(marker)},
    )


def _evil_arrays(folder: Path, marker: Path) -> None:
    for name in ("kernels.npz", "test/pictures.npz", "test/spectra.npz"):
        with np.load(folder / name) as file:
            names = list(file)
        np.savez(folder / name, **{key: np.array([Bomb(marker)], dtype=object) for key in names})  # type: ignore[arg-type]


def _evil_records(folder: Path, marker: Path, value: object) -> None:
    for name in ("environment.json", "metrics.json", "test/measures.json"):
        rewrite(
            folder / name, lambda all_: _everywhere(all_, value) | {"finished": "2026-01-01", "split": "test"}
        )


def _markup(folder: Path, marker: Path) -> None:
    def marked(content: dict[str, Any]) -> dict[str, Any]:
        names = dict.fromkeys(("method_name", "dataset_name", "network_name"), MARKUP)
        return {**content, "resolved": {**content["resolved"], **names}}

    rewrite(folder / "environment.json", marked)


def _dump(name: str) -> Callable[[Path, Path], None]:
    return lambda folder, marker: (folder / name).write_bytes(pickle.dumps(Bomb(marker), protocol=2)) and None


def _torch(name: str) -> Callable[[Path, Path], None]:
    return lambda folder, marker: torch.save(
        {"network": Bomb(marker), "trainer": Bomb(marker)}, folder / name
    )


MODELS: dict[str, Callable[[Path, Path], None]] = {
    "pickled weights": _dump("model.pt"),
    "an object among weights": _torch("model.pt"),
    "expressions in settings": lambda folder, marker: _evil_settings(folder, marker, expression(marker)),
    "targets in settings": lambda folder, marker: _evil_settings(folder, marker, target(marker)),
    "a configuration beside": _evil_configuration,
    "a pickled scale network": _dump("pixel_scale.pt"),
}
"""Crafted models: good ones with something changed."""
RUNS: dict[str, Callable[[Path, Path], None]] = {
    "a pickled checkpoint": _torch("checkpoint.pt"),
    "a configuration of expressions": _evil_configuration,
    "records of expressions": lambda folder, marker: _evil_records(folder, marker, expression(marker)),
    "records of targets": lambda folder, marker: _evil_records(folder, marker, target(marker)),
    "pickled arrays": _evil_arrays,
    "markup in names": _markup,
}
"""Crafted run folders."""


def _report(folder: Path, own: Path) -> None:
    report([str(folder), "-o", str(own / "out")])
    for page in (own / "out").glob("*.[hm]*"):
        text = page.read_text(encoding="utf-8")
        if "<script>document" in text or "](javascript:" in text:
            raise ChildProcessError(f"{page.name} holds markup of a run's name")


def _sweep(folder: Path, own: Path) -> None:
    planned = read_sweep(ROOT / "configs/sweeps/brain32.yaml")[0]
    state_of(folder)
    difference(planned, folder, {})


WITH_MODEL: dict[str, Callable[[Path, Path], object]] = {
    "load_pretrained": lambda folder, _: load_pretrained(folder),
    "load_prior": lambda folder, _: load_prior(folder / "model.pt"),
    **{
        command: lambda folder, own, command=command: run(command, own, ckpt_path=str(folder / "model.pt"))
        for command in ("inference", "reconstruct", "anomaly", "evaluating", "fitting")
    },
}
"""What is done with a model."""
WITH_RUN: dict[str, Callable[[Path, Path], object]] = {
    "report": _report,
    "resume": lambda folder, own: run("training", own, resume=str(folder), epochs=3),
    "sweep": _sweep,
    "inference": WITH_MODEL["inference"],
    "evaluating": WITH_MODEL["evaluating"],
}
"""What is done with a run folder, other than naming its configuration."""
DATA: dict[str, Callable[[Path, Path], object]] = {
    "images pickled": lambda folder, _: _batches(find_cifar10(folder)),
    "a volume pickled": lambda folder, _: read_volume(folder / "x.nii.gz"),
}


def _batches(split: Any) -> None:  # noqa: ANN401
    from monai_blurvae.data import CentreSquare, ImageCache

    ImageCache(split, CentreSquare(32, channels=3), Path("crafted"))


def _data(folder: Path, marker: Path) -> None:
    for name in (
        "data_batch_1",
        "data_batch_2",
        "data_batch_3",
        "data_batch_4",
        "data_batch_5",
        "test_batch",
        "batches.meta",
        "x.nii.gz",
    ):
        _dump(name)(folder, marker)


def _watched(craft: Callable[[Path, Path], None], use: Callable[[Path, Path], object], own: Path) -> str:
    marker, folder = own / "executed", own / "stranger"
    shutil.copytree("runs/done", folder)
    craft(folder, marker)
    error: BaseException | None = None
    try:
        use(folder, own)
    except BaseException as caught:  # noqa: BLE001 - what was raised is judged after the marker
        error = caught
    if marker.exists() or isinstance(error, ChildProcessError):
        return f"{EXECUTED}: {error}"
    if error is not None:
        raise error
    return ACCEPTED


def cases(seed: int = 0) -> Iterator[Case]:
    """Give every case of this part."""
    del seed  # every pair is tried
    for crafted, uses in ((MODELS, WITH_MODEL), (RUNS, WITH_RUN), ({"pickles": _data}, DATA)):
        for name, craft in crafted.items():
            for command, use in uses.items():
                yield Case(f"{command} with {name}", partial(_watched, craft, use), good=None)
