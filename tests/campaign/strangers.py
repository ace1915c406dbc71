"""Files from a stranger: crafted models and run folders. A marker file shows whether anything executed."""

import json
import pickle
import re
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import torch

from experiments.report.__main__ import main as report
from experiments.sweep import difference, read_sweep, state_of
from monai_blurvae.data import CentreSquare, ImageCache, find_cifar10, read_volume
from monai_blurvae.workflow import load_pretrained, load_prior
from tests.campaign.attempt import ACCEPTED, EXECUTED, GARBAGE, ROOT, Case
from tests.campaign.material import run

MARKUP = "<script>document.title='x'</script>|[x](javascript:x)"


class Bomb:
    """What unpickling turns into a call."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def expression(marker):
    return f"$__import__('pathlib').Path({str(marker)!r}).touch() or 1"


def target(marker):
    return {"_target_": "os.system", "command": f"touch {marker}"}


def everywhere(content, value):
    """Put a value in place of every number and text."""
    if isinstance(content, dict):
        return {name: everywhere(inner, value) for name, inner in content.items()}
    return content if isinstance(content, list | None) else value


def rewrite(names, evil, **kept):
    """Change JSON files of a folder, but for what must be there to be read at all."""

    def craft(folder, marker):
        for path in (folder / name for name in names.split()):
            content = json.loads(path.read_text(encoding="utf-8"))
            more = {name: content[name] for name in kept if name in content and kept[name] is None}
            more |= {name: value for name, value in kept.items() if value is not None}
            changed = {**everywhere(content, evil(marker)), **more}
            path.write_text(json.dumps(changed), encoding="utf-8")

    return craft


def markup(folder, _):
    path = folder / "environment.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["resolved"] |= dict.fromkeys(("method_name", "dataset_name", "network_name"), MARKUP)
    path.write_text(json.dumps(content), encoding="utf-8")


def arrays(folder, marker):
    for name in ("kernels.npz", "test/pictures.npz", "test/spectra.npz"):
        with np.load(folder / name) as file:
            names = list(file)
        np.savez(folder / name, **dict.fromkeys(names, np.array([Bomb(marker)], dtype=object)))


def pickled(*names):
    return lambda folder, marker: [
        (folder / name).write_bytes(pickle.dumps(Bomb(marker), 2)) for name in names
    ]


def saved(name):
    return lambda folder, marker: torch.save(
        {"network": Bomb(marker), "trainer": Bomb(marker)}, folder / name
    )


EVIL_CONFIGURATION = rewrite("config.json", expression, network_def="$1/0", base_files=None)
MODELS = {
    "pickled weights": pickled("model.pt"),
    "an object among weights": saved("model.pt"),
    "expressions in settings": rewrite("settings.json", expression, format=None),
    "targets in settings": rewrite("settings.json", target, format=None),
    "a configuration beside": EVIL_CONFIGURATION,
    "a pickled scale network": pickled("pixel_scale.pt"),
    "a pickled learned prior": pickled("latent_prior.pt"),
}
"""Crafted models: good ones with something changed."""
RECORDS = "environment.json metrics.json test/measures.json"
RUNS = {
    "a pickled checkpoint": saved("checkpoint.pt"),
    "a configuration of expressions": EVIL_CONFIGURATION,
    "records of expressions": rewrite(RECORDS, expression, versions=None, finished="x", split="test"),
    "records of targets": rewrite(RECORDS, target, versions=None, finished="x", split="test"),
    "pickled arrays": arrays,
    "markup in names": markup,
}
"""Crafted run folders."""
BATCHES = pickled(*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta", "x.nii.gz")


def _report(folder, own):
    report([str(folder), "-o", str(own / "out")])
    for page in (own / "out").glob("*.[hm]*"):
        text = page.read_text(encoding="utf-8")
        link = page.suffix == ".md" and re.search(r"(?<!\\)\[x\]\(javascript:", text)
        if "<script>document" in text or link:
            raise ChildProcessError(f"{page.name} holds markup of a run's name")


def _sweep(folder, _):
    state_of(folder)
    difference(read_sweep(ROOT / "configs/sweeps/brain32.yaml")[0], folder, {})


def _command(name):
    return lambda folder, own: run(name, own, ckpt_path=str(folder / "model.pt"))


WITH_MODEL = {
    "load_pretrained": lambda folder, _: load_pretrained(folder),
    "load_prior": lambda folder, _: load_prior(folder / "model.pt"),
    **{name: _command(name) for name in ("inference", "reconstruct", "anomaly", "evaluating", "fitting")},
}
"""What is done with a model."""
WITH_RUN = {
    "report": _report,
    "sweep": _sweep,
    "resume": lambda folder, own: run("training", own, resume=str(folder), epochs=3),
    **{name: _command(name) for name in ("inference", "evaluating")},
}
"""What is done with a run folder, other than naming its configuration."""
WITH_DATA = {
    "images": lambda folder, own: ImageCache(
        find_cifar10(folder), CentreSquare(32, channels=3), own / "cache"
    ),
    "read_volume": lambda folder, _: read_volume(folder / "x.nii.gz"),
}


def _watched(craft, use, own):
    marker, folder, error = own / "executed", own / "stranger", None
    shutil.copytree("runs/done", folder)
    craft(folder, marker)
    try:
        use(folder, own)
    except BaseException as caught:
        error = caught
    if marker.exists():
        return f"{EXECUTED}: {error}"
    if isinstance(error, ChildProcessError):
        return f"{GARBAGE}: {error}"
    if error is not None:
        raise error
    return ACCEPTED


def cases(seed):
    """Give every case of this part; the seed changes nothing."""
    for crafted, uses in ((MODELS, WITH_MODEL), (RUNS, WITH_RUN), ({"pickles": BATCHES}, WITH_DATA)):
        for name, craft in crafted.items():
            for command, use in uses.items():
                yield Case(f"{command} with {name}", partial(_watched, craft, use), good=None)
