"""SIGKILL at random moments: what goes on must end bit-equal, and no file may be torn."""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from experiments.sweep.__main__ import main as sweep
from monai_blurvae.data import Preprocessing, VolumeCache
from monai_blurvae.files import write_arrays, write_json, write_state, write_text
from monai_blurvae.workflow import load_pretrained, read_settings, save_pretrained
from tests.campaign.attempt import ACCEPTED, LOST, Case, attempt, end_group
from tests.campaign.material import ROOT, TRAIN, run
from tests.campaign.mutations import _equal as equal

NUMBERS = {"training": 20, "cache": 6, "sweep": 6, "reconstruction": 8}
"""Kills of each kind."""
LOOPS = 10
"""Kills of each writer in a tight loop."""
EPOCHS = {"epochs": 4, "batches_per_epoch": 3, "loss": "wiener_blur", "test_at_end": True}
TIMES = ("seconds", "time", "per_second", "duration")
"""Parts of the names of what may differ between two runs."""


def killed(call: Callable[[], object], seconds: float) -> bool:
    """Run a call in a process group of its own and kill it; tell whether it was killed before its end."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        try:
            call()
        except BaseException:  # noqa: BLE001 - the next start shows what is wrong
            os._exit(1)
        os._exit(0)
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    end_group(pid)
    os.waitpid(pid, 0)
    return True


def points(folder: Path) -> dict[str, dict[int, Any]]:
    """Read every scalar of TensorBoard files: tag to step to the values written for it."""
    found: dict[str, dict[int, Any]] = {}
    for path in sorted((folder / "tensorboard").iterdir(), key=lambda path: path.stat().st_mtime_ns):
        for event in EventFileLoader(str(path)).Load():
            if event.HasField("session_log"):  # a purge: what is at later steps of files before is void
                for steps in found.values():
                    for step in [step for step in steps if step >= event.step]:
                        del steps[step]
            for value in event.summary.value:
                if value.HasField("tensor") and not value.tensor.string_val:
                    number = value.tensor.float_val[0] if value.tensor.float_val else None
                    found.setdefault(value.tag, {}).setdefault(event.step, []).append(number)
    return found


def _timed(name: str) -> bool:
    return any(part in name for part in TIMES)


def run_differs(folder: Path, good: Path) -> str | None:
    """Name what a run that went on has otherwise than one that was never killed."""
    for name in ("model.pt", "checkpoint.pt"):
        one, other = (torch.load(place / name, weights_only=True) for place in (folder, good))
        if not equal(one, other):
            return f"{name} has other content"
    for name in ("metrics.csv", "test/measures.json", "settings.json"):
        if (folder / name).read_text(encoding="utf-8") != (good / name).read_text(encoding="utf-8"):
            return f"{name} has other content"
    ours, theirs = points(folder), points(good)
    if ours.keys() != theirs.keys():
        return f"TensorBoard has other tags: {sorted(ours.keys() ^ theirs.keys())[:3]}"
    for tag in ours:
        if twice := [step for step, values in ours[tag].items() if len(values) > 1]:
            return f"TensorBoard has {tag} twice at steps {twice[:3]}"
        if ours[tag].keys() != theirs[tag].keys():
            return (
                f"TensorBoard has {tag} at other steps, {sorted(ours[tag].keys() ^ theirs[tag].keys())[:3]}"
            )
        if not _timed(tag) and ours[tag] != theirs[tag]:
            return f"TensorBoard has other values of {tag}"
    return None


def torn(folder: Path) -> str | None:
    """Name a file that is not whole."""
    for path in sorted(folder.rglob("*")):
        if path.name.startswith("."):
            continue
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".pt":
                torch.load(path, weights_only=True)
            elif path.name.endswith(".nii.gz"):
                nib.load(path).get_fdata()
            elif path.suffix in {".npy", ".npz"}:
                np.load(path)
        except Exception as error:  # noqa: BLE001 - any error means a torn file
            return f"{path.name} is torn: {error}"
    return None


def _said(problem: str | None) -> str:
    return ACCEPTED if problem is None else f"{LOST}: {problem}"


def _train(own: Path) -> None:
    folder = own / "runs" / "run"
    if (folder / "checkpoint.pt").is_file():
        run("training", own, config=[str(folder / "config.json")], resume=str(folder), **EPOCHS)
    else:
        run("training", own, **EPOCHS)


def _training(moments: list[float], own: Path) -> str:
    for moment in moments:
        if not killed(partial(_train, own), moment):
            break
        if problem := torn(own):
            return f"{LOST}: {problem}"
    if not (own / "runs/run/environment.json").exists() or "finished" not in (
        own / "runs/run/environment.json"
    ).read_text(encoding="utf-8"):
        _train(own)
    return _said(run_differs(own / "runs" / "run", Path("reference/training/runs/run")))


def _decode(own: Path) -> VolumeCache:
    return VolumeCache(
        sorted(Path("data").rglob("*.nii.gz")), Preprocessing(min_size=(16, 16)), own / "cache"
    )


def _cache(moments: list[float], own: Path) -> str:
    for moment in moments:
        killed(partial(_decode, own), moment)
        if problem := torn(own):
            return f"{LOST}: {problem}"
    same = all(map(np.array_equal, _decode(own), _decode(Path("reference/cache"))))
    return _said(None if same else "another volume")


def _reconstruct(own: Path) -> None:
    run("reconstruct", own, slices=None, iterations=4, samples=2)


def _reconstruction(moments: list[float], own: Path) -> str:
    killed(partial(_reconstruct, own), moments[0])
    if problem := torn(own):
        return f"{LOST}: {problem}"
    (own / "again").mkdir()
    _reconstruct(own / "again")
    good = Path("reference/reconstruction/runs/run")
    for name in ("magnitude.nii.gz", "phase.nii.gz", "std.nii.gz"):
        one, other = (nib.load(place / name).get_fdata() for place in (own / "again/runs/run", good))
        if not np.array_equal(one, other):
            return f"{LOST}: {name} has other content"
    return ACCEPTED


def _sweep_once(own: Path) -> None:
    tiny = own / "tiny.yaml"
    write_json(tiny, {**TRAIN, **EPOCHS})  # JSON is YAML
    base = [str(ROOT / "bundle/configs/train.json")]
    grid = {"overlays": [str(ROOT / "configs/exact.yaml"), str(tiny)], "beta": [0.5], "seed": [3]}
    write_json(own / "sweep.yaml", {"base": base, "runs": [grid]})
    places = [
        f"--set={name}={value}" for name, value in {"dataset_dir": "data", "cache_dir": "cache"}.items()
    ]
    if sweep([str(own / "sweep.yaml"), "exact-tiny-beta0.5-seed3", "-o", str(own / "out"), *places]) != 0:
        raise RuntimeError("the sweep could not go on")


def _sweep(moments: list[float], own: Path) -> str:
    for moment in moments:
        killed(partial(_sweep_once, own), moment)
        if problem := torn(own):
            return f"{LOST}: {problem}"
    _sweep_once(own)
    name = "out/exact-tiny-beta0.5-seed3"
    return _said(run_differs(own / name, Path("reference/sweep", name)))


WRITERS: dict[str, tuple[Callable[[Path, int], object], Callable[[Path], int]]] = {
    "write_text": (
        lambda path, n: write_text(path, str(n % 10) * 200_000),
        lambda path: len(set(path.read_text())) - 1,
    ),
    "write_json": (
        lambda path, n: write_json(path, [n] * 50_000),
        lambda path: len(set(json.loads(path.read_text()))) - 1,
    ),
    "write_arrays": (
        lambda path, n: write_arrays(path, {"a": np.full(200_000, n)}),
        lambda path: int(np.ptp(np.load(path)["a"])),
    ),
    "write_state": (
        lambda path, n: write_state(path, {"a": torch.full((200_000,), float(n))}),
        lambda path: int(np.ptp(torch.load(path, weights_only=True)["a"].numpy())),
    ),
    "save_pretrained": (
        lambda path, _: save_pretrained(
            path.parent, load_pretrained("runs/done").network, read_settings("runs/done/model.pt")
        ),
        lambda path: load_pretrained(path.parent) and 0,
    ),
    "VolumeCache": (
        lambda path, n: [
            VolumeCache([Path("plain.nii")], Preprocessing(min_size=(16, 16), margin=n % 99), path)
        ],
        lambda path: 0 if torn(path) is None else 1,
    ),
}
"""Writers of the project, and how to read what they write: 0 where it is whole."""


def _loop(name: str, moment: float, own: Path) -> str:
    write, read = WRITERS[name]
    path = own / "file"

    def forever() -> None:
        number = 0
        while True:
            write(path, number)
            number += 1

    killed(forever, moment)
    try:
        whole = not path.exists() or read(path) == 0
    except Exception as error:  # noqa: BLE001 - any error means a torn file
        return f"{LOST}: {name} left a torn file: {error}"
    return ACCEPTED if whole else f"{LOST}: {name} left a mixed file"


KINDS: dict[str, tuple[Callable[[list[float], Path], str], Callable[[Path], object]]] = {
    "training": (_training, _train),
    "cache": (_cache, _decode),
    "sweep": (_sweep, _sweep_once),
    "reconstruction": (_reconstruction, _reconstruct),
}


def _interrupted(kind: str, shares: list[float], own: Path) -> str:
    reference = Path("reference", kind)
    if not (
        reference / "seconds"
    ).exists():  # the first case of a kind makes what the others are compared with
        reference.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        made = attempt(Case(kind, lambda _: KINDS[kind][1](reference), good=True, timeout=200), own)
        if made.kind != ACCEPTED:
            raise RuntimeError(f"an undisturbed {kind} failed: {made.message}")
        (reference / "seconds").write_text(str(time.monotonic() - began), encoding="utf-8")
    seconds = float((reference / "seconds").read_text(encoding="utf-8"))
    return KINDS[kind][0]([share * seconds for share in shares], own)


def cases(seed: int = 0) -> Iterator[Case]:
    """Give every case of this part."""
    draw = random.Random(seed)
    for kind, number in NUMBERS.items():
        for _ in range(number):
            shares = [draw.random() for _ in range(1 if draw.random() < 0.7 else 2)]
            label = f"{kind} killed at {', '.join(f'{share:.2f}' for share in shares)} of its time"
            yield Case(label, partial(_interrupted, kind, shares), good=True, timeout=400)
    for name in WRITERS:
        for _ in range(LOOPS):
            moment = draw.uniform(0.02, 0.4)
            yield Case(f"{name} killed after {moment:.3f} s", partial(_loop, name, moment), good=True)
