"""Damaged files: flips, cuts, header edits. Each is read by the project's own readers, or refused by name."""

import gzip
import random
import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import monai.bundle
import numpy as np
import torch
from ignite.engine import Engine

from monai_blurvae.data import Preprocessing, VolumeCache, read_volume
from monai_blurvae.mri import read_kspace
from monai_blurvae.training.handlers import CheckpointResumer, CheckpointSaver
from monai_blurvae.workflow import load_pretrained, read_settings
from tests.campaign.attempt import ACCEPTED, GARBAGE, SILENT, Case
from tests.campaign.files import GZ
from tests.campaign.material import ROOT, TRAIN

NUMBERS = {"nifti": 5000, "kspace": 2000, "overlay": 1000, "checkpoint": 1000, "settings": 500, "cache": 500}
"""Mutated files of each kind."""
NUMBERS_OF_FORMAT = ("<i2", "<i4", "<f4")
ODD = (
    0,
    -1,
    1,
    2,
    7,
    255,
    32767,
    -32768,
    2**31 - 1,
    float("nan"),
    float("inf"),
    -float("inf"),
    1e30,
    -1e30,
    1e-30,
)
SANE = (1e-6, 1e6)
"""Volume of a voxel in cubic millimetres that a reader may accept."""


def mutate(raw: bytes, draw: random.Random) -> bytes:
    """Damage bytes: bits, bytes, blocks, cuts, insertions, deletions, repetitions."""
    content, size = bytearray(raw), len(raw)
    at, length = draw.randrange(size), draw.randint(1, 64)
    match draw.choice("bit bytes zeros noise cut insert delete repeat".split()):
        case "bit":
            content[at] ^= 1 << draw.randrange(8)
        case "bytes":
            for place in draw.choices(range(size), k=8):
                content[place] = draw.randrange(256)
        case "zeros":
            content[at : at + length] = bytes(len(content[at : at + length]))
        case "noise":
            content[at : at + length] = draw.randbytes(len(content[at : at + length]))
        case "cut":
            del content[at:]
        case "insert":
            content[at:at] = draw.randbytes(length)
        case "delete":
            del content[at : at + length]
        case "repeat":
            content[at:at] = content[at : at + length]
    return bytes(content)


def edit_header(raw: bytes, draw: random.Random, size: int = 348) -> bytes:
    """Put odd numbers into the first bytes of a file."""
    content = bytearray(raw)
    for _ in range(draw.randint(1, 2)):
        kind, value = draw.choice(NUMBERS_OF_FORMAT), draw.choice(ODD)
        with np.errstate(all="ignore"):
            number = np.array(value, "<f8").astype(kind).tobytes()
        at = draw.randrange(0, size - 4, 2)
        content[at : at + len(number)] = number
    return bytes(content)


def mutate_text(raw: bytes, draw: random.Random) -> bytes:
    """Damage text: characters, words, lines."""
    text = raw.decode()
    at, lines, words = draw.randrange(len(text)), text.splitlines(keepends=True), text.split(" ")
    which, word = draw.randrange(len(lines)), draw.randrange(len(words))
    match draw.choice("character delete insert line twice swap number bytes".split()):
        case "character":
            text = text[:at] + draw.choice("x0.-:[]{}'\"#,\t\n é&*!|>?") + text[at + 1 :]
        case "delete":
            text = text[:at] + text[at + draw.randint(1, 8) :]
        case "insert":
            text = (
                text[:at] + draw.choice(["nan", "- ", ": ", "null", "1e999", "\x00", "}", "]]"]) + text[at:]
            )
        case "line":
            text = "".join(lines[:which] + lines[which + 1 :])
        case "twice":
            text = "".join(lines[:which] + [lines[which]] + lines[which:])
        case "swap":
            words[word], words[0] = words[0], words[word]
            text = " ".join(words)
        case "number":
            numbers = [place for place, letter in enumerate(text) if letter.isdigit()]
            at = draw.choice(numbers or [at])
            text = (
                text[:at]
                + draw.choice(["-1", "nan", ".nan", "1e9", "1.5", "'2'", "true", "[]", "null"])
                + text[at + 1 :]
            )
        case _:
            return mutate(raw, draw)
    return text.encode()


def _nifti(draw: random.Random, own: Path) -> str:
    source = draw.choice([GZ, GZ, "plain.nii"])
    raw, path = Path(source).read_bytes(), own / f"damaged{source[source.index('.') :]}"
    edited = draw.random() < 0.4
    if edited and source == GZ:
        raw = gzip.compress(edit_header(gzip.decompress(raw), draw))
    else:
        raw = edit_header(raw, draw) if edited else mutate(raw, draw)
    path.write_bytes(raw)
    data, affine = read_volume(path)
    voxel = abs(np.linalg.det(np.asarray(affine, float)[:3, :3]))
    if not SANE[0] < voxel < SANE[1]:
        return f"{GARBAGE}: a voxel of {voxel:g} mm3"
    if not bool(data.isfinite().all()):
        return f"{GARBAGE}: values that are not finite"
    same = torch.equal(data, _volume()[0]) and np.array_equal(affine, _volume()[1])
    return (
        f"{SILENT}: one stream of gzip, other content"
        if not same and source == GZ and not edited
        else ACCEPTED
    )


def _kspace(draw: random.Random, own: Path) -> str:
    source = draw.choice(["kspace.npy", "kspace.h5"])
    raw, path = Path(source).read_bytes(), own / f"damaged{source[source.index('.') :]}"
    path.write_bytes(edit_header(raw, draw, 2048) if draw.random() < 0.4 else mutate(raw, draw))
    found = read_kspace(path)
    bad = not found.is_complex() or not bool(torch.view_as_real(found).isfinite().all()) or not found.numel()
    return f"{GARBAGE}: {found.dtype} of {tuple(found.shape)}" if bad else ACCEPTED


def _overlay(draw: random.Random, own: Path) -> str:
    source = draw.choice(sorted((ROOT / "configs").glob("*.yaml")))
    path = own / "damaged.yaml"
    path.write_bytes(mutate_text(source.read_bytes(), draw))
    files, place = ["bundle/configs/train.json", str(path)], {"output_dir": str(own), "dataset_dir": "data"}
    overridden = {
        name: value for name, value in TRAIN.items() if name not in path.read_text(errors="replace")
    }
    monai.bundle.create_workflow(
        config_file=files, run_id="training", logging_file=False, **overridden, **place
    )
    return ACCEPTED


def _checkpoint(draw: random.Random, own: Path) -> str:
    name = draw.choice(["model.pt", "saved.pt"])
    source, path = (Path("runs/done", "model.pt") if name == "model.pt" else _saved()), own / name
    path.write_bytes(mutate(source.read_bytes(), draw))
    if name == "model.pt":
        shutil.copy("runs/done/settings.json", own)
        load = lambda file: load_pretrained(file).network.state_dict()  # noqa: E731
    else:
        load = _resumed
    return ACCEPTED if _equal(load(path), load(source)) else f"{SILENT}: other weights"


def _settings(draw: random.Random, own: Path) -> str:
    (own / "model.pt").symlink_to(Path("runs/done/model.pt").absolute())
    (own / "settings.json").write_bytes(mutate_text(Path("runs/done/settings.json").read_bytes(), draw))
    read_settings(own / "model.pt")
    return ACCEPTED


def _cache(draw: random.Random, own: Path) -> str:
    preprocessing, paths = Preprocessing(min_size=(16, 16)), [Path(GZ)]
    shutil.copytree(_cached(), own / "cache")
    (file,) = (own / "cache" / "volumes").glob("*.npy")
    file.write_bytes(mutate(file.read_bytes(), draw))
    found = VolumeCache(paths, preprocessing, own / "cache", in_memory=draw.random() < 0.5)[0]
    good = VolumeCache(paths, preprocessing, _cached())[0]
    return ACCEPTED if np.array_equal(found, good) else f"{SILENT}: another volume"


def _resumed(path: Path) -> dict[str, Any]:
    engine, parts = _parts()
    CheckpointResumer(path, parts)(engine)
    return {name: part.state_dict() for name, part in parts.items() if name != "trainer"}


def _parts() -> tuple[Engine, dict[str, Any]]:
    network = load_pretrained("runs/done").network
    engine = Engine(lambda *_: None)
    engine.state.max_epochs, engine.state.epoch_length, engine.state.epoch = 3, 2, 1
    optimizer = torch.optim.Adam(network.vae_parameters())
    for parameter in network.vae_parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    optimizer.step()
    return engine, {"network": network, "optimizer": optimizer, "trainer": engine}


def _equal(one: Any, other: Any) -> bool:  # noqa: ANN401
    ones, others = (torch.utils._pytree.tree_flatten(value)[0] for value in (one, other))
    return len(ones) == len(others) and all(
        torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b
        for a, b in zip(ones, others, strict=True)
    )


def _saved() -> Path:
    path = Path("saved.pt")
    if not path.exists():
        engine, parts = _parts()
        engine.state.iteration = 2
        CheckpointSaver(path, parts)(engine)
    return path


def _cached() -> Path:
    VolumeCache([Path(GZ)], Preprocessing(min_size=(16, 16)), "intact")
    return Path("intact")


@cache
def _volume() -> tuple[torch.Tensor, Any]:
    return read_volume(GZ)


READERS: dict[str, tuple[Callable[[random.Random, Path], str], tuple[str, ...]]] = {
    "nifti": (_nifti, ("damaged.nii", "damaged.nii.gz")),
    "kspace": (_kspace, ("damaged.npy", "damaged.h5")),
    "overlay": (_overlay, ()),
    "checkpoint": (_checkpoint, ("model.pt", "saved.pt")),
    "settings": (_settings, ("settings.json",)),
    "cache": (_cache, ()),
}
"""What reads each kind, and what an error has to name."""


def cases(seed: int = 0) -> Iterator[Case]:
    """Give every case of this part; the seed and a number make each again."""

    def read(reader: Callable[[random.Random, Path], str], label: str, own: Path) -> str:
        return reader(random.Random(label), own)

    for kind, (reader, names) in READERS.items():
        for number in range(NUMBERS[kind]):
            label = f"{kind} {seed}-{number}"
            yield Case(label, partial(read, reader, label), names, good=None, timeout=30)
