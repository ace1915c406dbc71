"""SIGKILL at random moments: what goes on must end bit-equal, and no file may be torn."""

import json
import os
import random
import time
from functools import partial
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from experiments.sweep.__main__ import main as sweep
from monai_blurvae.data import Preprocessing, VolumeCache
from monai_blurvae.files import write_arrays, write_json, write_state, write_text
from monai_blurvae.workflow import load_pretrained, read_settings, save_pretrained
from tests.campaign.attempt import ACCEPTED, LOST, ROOT, Case, attempt, end_group
from tests.campaign.files import WEIGHT
from tests.campaign.material import TRAIN, run
from tests.campaign.mutations import equal

LOOPS = 10
"""Kills of each writer in a tight loop."""
EPOCHS = {"epochs": 4, "batches_per_epoch": 3}
SWEPT = "exact-tiny-beta0.5-seed3"
READ = {
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    ".pt": partial(torch.load, weights_only=True),
    ".gz": lambda path: nib.load(path).get_fdata(),
    ".npy": np.load,
    ".npz": np.load,
}


def torn(folder):
    """Name a file that is not whole, or return None."""
    for path in sorted(folder.rglob("[!.]*")):
        try:
            READ.get(path.suffix, str)(path)
        except Exception as error:
            return f"{path.name} is torn: {error}"
    return None


def killed(call, seconds):
    """Run a call in a process group of its own and kill it after some time."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            call()
        finally:
            os._exit(0)
    until = time.monotonic() + seconds
    while time.monotonic() < until and not os.waitpid(pid, os.WNOHANG)[0]:
        time.sleep(0.002)
    if time.monotonic() >= until:
        end_group(pid)
        os.waitpid(pid, 0)


def points(folder):
    """Read TensorBoard's scalars and pictures: tag to step to what was written for it."""
    found = {}
    for path in sorted((folder / "tensorboard").iterdir(), key=lambda path: path.stat().st_mtime_ns):
        for event in EventFileLoader(str(path)).Load():
            if event.HasField("session_log"):  # a purge: what files before have at these steps is void
                found = {
                    tag: {k: v for k, v in steps.items() if k < event.step} for tag, steps in found.items()
                }
            for value in event.summary.value:
                found.setdefault(value.tag, {}).setdefault(event.step, []).append(value.SerializeToString())
    return found


def run_differs(folder, good):
    """Name what a run that went on has otherwise than one that was never killed, or return None."""
    for name in ("model.pt", "checkpoint.pt"):
        if not equal(*(torch.load(place / name, weights_only=True) for place in (folder, good))):
            return f"{name} has other content"
    for name in ("metrics.csv", "test/measures.json", "settings.json"):
        if (folder / name).read_bytes() != (good / name).read_bytes():
            return f"{name} has other content"
    ours, theirs = points(folder), points(good)
    for tag in ours | theirs:
        one, other = ours.get(tag, {}), theirs.get(tag, {})
        if twice := [step for step, values in one.items() if len(values) > 1]:
            return f"TensorBoard has {tag} twice at steps {twice[:3]}"
        if one.keys() != other.keys():
            return f"TensorBoard has {tag} at steps {sorted(one)[:9]} rather than {sorted(other)[:9]}"
        if "second" not in tag and "time" not in tag and one != other:
            return f"TensorBoard has other values of {tag}"
    return None


def train(own):
    """Begin a run, or go on with it, as a user does."""
    folder = own / "runs" / "run"
    going_on = {"config": [str(folder / "config.json")], "resume": str(folder)}
    run("training", own, **EPOCHS, **(going_on if (folder / "checkpoint.pt").is_file() else {}))


def _finish(own):
    record = own / "runs/run/environment.json"
    if not record.is_file() or "finished" not in record.read_text(encoding="utf-8"):
        train(own)


def decode(own):
    """Build a cache."""
    return VolumeCache(
        sorted(Path("data").rglob("*.nii.gz")), Preprocessing(min_size=(16, 16)), own / "cache"
    )


def reconstruct(own):
    """Reconstruct two slices, in a folder that no earlier try has used."""
    run(
        "reconstruct",
        own,
        slices=None,
        iterations=4,
        samples=2,
        run_name=f"run{len([*own.rglob('config.json')])}",
    )


def _same_images(own, good):
    newest = max((own / "runs").iterdir())
    names = ("magnitude.nii.gz", "phase.nii.gz", "std.nii.gz")
    pairs = (
        [nib.load(place / name).get_fdata() for place in (newest, good / "runs" / "run0")] for name in names
    )
    return None if all(np.array_equal(*pair) for pair in pairs) else "the images differ"


def sweep_once(own):
    """Bring a sweep of one run to its end."""
    write_json(own / "tiny.yaml", {**TRAIN, **EPOCHS})  # JSON is YAML
    base, overlays = (
        [str(ROOT / "bundle/configs/train.json")],
        [str(ROOT / "configs/exact.yaml"), str(own / "tiny.yaml")],
    )
    write_json(
        own / "sweep.yaml", {"base": base, "runs": [{"overlays": overlays, "beta": [0.5], "seed": [3]}]}
    )
    words = [
        str(own / "sweep.yaml"),
        SWEPT,
        "-o",
        str(own / "out"),
        "--set=dataset_dir=data",
        "--set=cache_dir=cache",
    ]
    if sweep(words) != 0:
        raise RuntimeError("the sweep could not go on")


def _same(one, other):
    return None if all(map(np.array_equal, decode(one), decode(other))) else "another volume"


KINDS = {
    "training": (20, train, _finish, lambda own, good: run_differs(own / "runs/run", good / "runs/run")),
    "cache": (6, decode, decode, _same),
    "sweep": (
        6,
        sweep_once,
        sweep_once,
        lambda own, good: run_differs(own / "out" / SWEPT, good / "out" / SWEPT),
    ),
    "reconstruction": (8, reconstruct, reconstruct, _same_images),
}
"""Of each kind: how many kills, what is killed, what goes on, and what compares with an undisturbed one."""


def _interrupted(kind, shares, own):
    _, start, go_on, differs = KINDS[kind]
    good, clock = Path("undisturbed", kind).absolute(), Path("undisturbed", f"{kind}.seconds")
    if not clock.exists():  # the first case of a kind makes what the others are compared with
        good.mkdir(parents=True, exist_ok=True)
        (made,) = attempt([Case(kind, lambda _: start(good), good=True, timeout=200)], own)
        if made.kind != ACCEPTED:
            raise RuntimeError(f"an undisturbed {kind} failed: {made.message}")
        write_json(clock, made.seconds)
    for share in shares:
        killed(partial(start, own), share * json.loads(clock.read_text(encoding="utf-8")))
        if problem := torn(own):
            return f"{LOST}: {problem}"
    go_on(own)
    problem = differs(own, good)
    return f"{LOST}: {problem}" if problem else ACCEPTED


WRITERS = {
    "write_text": (
        lambda path, n: write_text(path, str(n % 10) * 300_000),
        lambda path: set(path.read_bytes()),
    ),
    "write_json": (lambda path, n: write_json(path, [n] * 60_000), lambda path: set(READ[".json"](path))),
    "write_arrays": (
        lambda path, n: write_arrays(path, {"a": np.full(99_999, n)}),
        lambda path: {*np.load(path)["a"]},
    ),
    "write_state": (
        lambda path, n: write_state(path, {"a": torch.full((99_999,), float(n))}),
        lambda path: set(torch.load(path, weights_only=True)["a"].tolist()),
    ),
    "save_pretrained": (
        lambda path, _: save_pretrained(path, load_pretrained("runs/done").network, read_settings(WEIGHT)),
        lambda path: (
            [load_pretrained(path)]
            if (path / "model.pt").exists() and (path / "settings.json").exists()
            else []
        ),
    ),
    "VolumeCache": (
        lambda path, n: VolumeCache(["plain.nii"], Preprocessing(min_size=(16, 16), margin=n), path),
        lambda path: [torn(path)][: torn(path) is not None] * 2,
    ),
}
"""Writers of the project, and how to read what they write: one value throughout where it is whole."""


def _loop(name, seconds, own):
    write, read = WRITERS[name]

    def forever():
        for number in range(10**9):
            write(own / "file", number)

    killed(forever, seconds)
    try:
        whole = not (own / "file").exists() or len(read(own / "file")) < 2
    except Exception as error:
        return f"{LOST}: {name} left a torn file: {error}"
    return ACCEPTED if whole else f"{LOST}: {name} left a mixed file"


def cases(seed):
    """Give every case of this part."""
    draw = random.Random(seed)
    for kind, (count, *_) in KINDS.items():
        for _ in range(count):
            shares = [draw.random() for _ in range(draw.choice([1, 1, 2]))]
            label = f"{kind} killed at {' and '.join(f'{share:.2f}' for share in shares)} of its time"
            yield Case(label, partial(_interrupted, kind, shares), good=True, timeout=400)
    for name in WRITERS:
        for seconds in (draw.uniform(0.02, 0.4) for _ in range(LOOPS)):
            yield Case(f"{name} killed after {seconds:.3f} s", partial(_loop, name, seconds), good=True)
