"""Damaged files: flips, cuts, header edits. Each is read by the project's own readers, or refused by name."""

import gzip
import random
import shutil
from functools import cache, partial
from pathlib import Path

import monai.bundle
import numpy as np
import torch
from ignite.engine import Engine
from torch.utils._pytree import tree_flatten

from monai_blurvae.data import Preprocessing, VolumeCache, read_volume
from monai_blurvae.mri import read_kspace
from monai_blurvae.training.handlers import CheckpointResumer, CheckpointSaver
from monai_blurvae.workflow import load_pretrained, read_settings
from tests.campaign.attempt import ACCEPTED, GARBAGE, SILENT, Case
from tests.campaign.files import GZ, WEIGHT
from tests.campaign.material import ROOT, TRAIN

ODD = (0, -1, 1, 2, 7, 255, 32767, -32768, 2**31 - 1, np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-30)
WORDS = (
    "-1",
    "nan",
    ".nan",
    "1e9",
    "1e999",
    "1.5",
    "'2'",
    "true",
    "[]",
    "null",
    "- ",
    ": ",
    "\x00",
    "}",
    "x",
    "é",
    "#",
)
SANE = (1e-6, 1e6)
"""Volume of a voxel in cubic millimetres that a reader may accept."""


def mutate(raw, draw):
    """Damage bytes: bits, bytes, blocks, cuts, insertions, deletions, repetitions."""
    content, at, length = bytearray(raw), draw.randrange(len(raw)), draw.randint(1, 64)
    block = slice(at, at + length)
    match draw.choice(["bit", "bytes", "zeros", "noise", "cut", "insert", "delete", "repeat"]):
        case "bit":
            content[at] ^= 1 << draw.randrange(8)
        case "bytes":
            for place in draw.choices(range(len(raw)), k=8):
                content[place] = draw.randrange(256)
        case "zeros":
            content[block] = bytes(len(content[block]))
        case "noise":
            content[block] = draw.randbytes(len(content[block]))
        case "cut":
            del content[at:]
        case "insert":
            content[at:at] = draw.randbytes(length)
        case "delete":
            del content[block]
        case "repeat":
            content[at:at] = content[block]
    return bytes(content)


def edit_header(raw, draw, size=348):
    """Put odd numbers into the first bytes of a file."""
    content = bytearray(raw)
    for _ in range(draw.randint(1, 2)):
        with np.errstate(all="ignore"):
            number = np.array(draw.choice(ODD), "<f8").astype(draw.choice(["<i2", "<i4", "<f4"])).tobytes()
        at = draw.randrange(0, size - 4, 2)
        content[at : at + len(number)] = number
    return bytes(content)


def mutate_text(raw, draw):
    """Damage text: characters, numbers, lines, or bytes."""
    text = raw.decode()
    at, lines = draw.randrange(len(text)), text.splitlines(keepends=True)
    which, digits = (
        draw.randrange(len(lines)),
        [place for place, letter in enumerate(text) if letter.isdigit()],
    )
    match draw.choice(["replace", "insert", "delete", "number", "lose", "twice", "bytes"]):
        case "replace":
            text = text[:at] + draw.choice(WORDS) + text[at + 1 :]
        case "insert":
            text = text[:at] + draw.choice(WORDS) + text[at:]
        case "delete":
            text = text[:at] + text[at + draw.randint(1, 8) :]
        case "number":
            at = draw.choice(digits or [at])
            text = text[:at] + draw.choice(WORDS) + text[at + 1 :]
        case "lose":
            text = "".join(lines[:which] + lines[which + 1 :])
        case "twice":
            text = "".join(lines[: which + 1] + lines[which:])
        case _:
            return mutate(raw, draw)
    return text.encode()


def equal(one, other):
    """Tell whether two nests of tensors and numbers hold the same."""
    ones, others = (tree_flatten(value)[0] for value in (one, other))
    pairs = zip(ones, others, strict=False)
    return len(ones) == len(others) and all(
        torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b
        for a, b in pairs
    )


@cache
def _volume():
    return read_volume(GZ)


def _nifti(draw, own):
    source, edited = draw.choice([GZ, GZ, "plain.nii"]), draw.random() < 0.4
    raw, path = Path(source).read_bytes(), own / ("damaged.nii.gz" if source == GZ else "damaged.nii")
    if edited and source == GZ:
        raw = gzip.compress(edit_header(gzip.decompress(raw), draw))
    else:
        raw = edit_header(raw, draw) if edited else mutate(raw, draw)
    path.write_bytes(raw)
    data, affine = read_volume(path)
    voxel = abs(np.linalg.det(np.asarray(affine, float)[:3, :3]))
    if not SANE[0] < voxel < SANE[1] or not bool(data.isfinite().all()):
        return f"{GARBAGE}: a voxel of {voxel:g} mm3, or values that are not finite"
    same = torch.equal(data, _volume()[0]) and np.array_equal(affine, _volume()[1])
    return (
        ACCEPTED if same or edited or source != GZ else f"{SILENT}: other content of a stream with a checksum"
    )


def _kspace(draw, own):
    source = Path(draw.choice(["kspace.npy", "kspace.h5", "kspace.cfl", "kspace.mrd"]))
    path = own / f"damaged{source.suffix}"
    raw = source.read_bytes()
    path.write_bytes(edit_header(raw, draw, 2048) if draw.random() < 0.4 else mutate(raw, draw))
    if source.suffix == ".cfl":
        header = source.with_suffix(".hdr").read_bytes()
        path.with_suffix(".hdr").write_bytes(mutate_text(header, draw) if draw.random() < 0.7 else header)
    y = read_kspace(path)
    fine = y.is_complex() and y.numel() and bool(torch.view_as_real(y).isfinite().all())
    return ACCEPTED if fine else f"{GARBAGE}: {y.dtype} of {tuple(y.shape)}"


def _overlay(draw, own):
    source, path = draw.choice(sorted((ROOT / "configs").glob("*.yaml"))), own / "damaged.yaml"
    path.write_bytes(mutate_text(source.read_bytes(), draw))
    text = path.read_text(encoding="utf-8", errors="replace")
    tiny = {name: value for name, value in TRAIN.items() if name not in text}
    files = {"config_file": ["bundle/configs/train.json", str(path)], "logging_file": False}
    place = {"output_dir": str(own), "dataset_dir": "data"}
    monai.bundle.create_workflow(run_id="training", **files, **tiny, **place)


def _checkpoint(draw, own):
    source = Path(draw.choice([WEIGHT, "saved.pt"]))
    if not source.exists():
        _save(source)
    path = own / source.name
    path.write_bytes(mutate(source.read_bytes(), draw))
    shutil.copy("runs/done/settings.json", own)
    load = _resumed if source.name == "saved.pt" else lambda file: load_pretrained(file).network.state_dict()
    return ACCEPTED if equal(load(path), load(source)) else f"{SILENT}: other weights"


def _parts():
    engine, network = Engine(lambda *_: None), load_pretrained("runs/done").network
    engine.state.max_epochs, engine.state.epoch_length, engine.state.epoch, engine.state.iteration = (
        3,
        2,
        1,
        2,
    )
    optimizer = torch.optim.Adam(network.vae_parameters())
    for parameter in network.vae_parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    optimizer.step()
    return engine, {"network": network, "optimizer": optimizer, "trainer": engine}


def _save(path):
    engine, parts = _parts()
    CheckpointSaver(path, parts)(engine)


def _resumed(path):
    engine, parts = _parts()
    CheckpointResumer(path, parts)(engine)
    return {name: part.state_dict() for name, part in parts.items() if name != "trainer"}


def _settings(draw, own):
    shutil.copy(WEIGHT, own)
    (own / "settings.json").write_bytes(mutate_text(Path("runs/done/settings.json").read_bytes(), draw))
    read_settings(own / "model.pt")


def _cache(draw, own):
    settings = [Path(GZ)], Preprocessing(min_size=(16, 16))
    good = VolumeCache(*settings, "intact")[0]
    shutil.copytree("intact", own / "cache")
    for file in (own / "cache" / "volumes").iterdir():
        file.write_bytes(mutate(file.read_bytes(), draw))
    found = VolumeCache(*settings, own / "cache", in_memory=draw.random() < 0.5)[0]
    return ACCEPTED if np.array_equal(found, good) else f"{SILENT}: another volume"


READERS = {
    "nifti": (5000, _nifti, ("damaged.nii", "damaged.nii.gz")),
    "kspace": (4000, _kspace, ("damaged.npy", "damaged.h5", "damaged.cfl", "damaged.hdr", "damaged.mrd")),
    "overlay": (1000, _overlay, ()),
    "checkpoint": (1000, _checkpoint, ("model.pt", "saved.pt")),
    "settings": (500, _settings, ("settings.json",)),
    "cache": (500, _cache, ()),
}
"""Of each kind: how many, what reads them, and what an error has to name."""


def cases(seed):
    """Give every case of this part; the seed and a number make each again."""
    for kind, (count, reader, names) in READERS.items():
        for label in (f"{kind} {seed}-{number}" for number in range(count)):
            call = partial(lambda reader, label, own: reader(random.Random(label), own), reader, label)
            before = kind == "overlay"
            yield Case(label, call, names, good=None, timeout=30, alone=False, before_us=before)
