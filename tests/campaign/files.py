"""Bad files by name, as data: how each is made from a good one, and whether it may be accepted."""

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import torch

from tests.campaign.material import SIZE, write_kspace

SUFFIXES = (".nii.gz", ".nii", ".npy", ".h5", ".pt")
PRELUDE = """
x = torch.rand(2, 1, 16, 16) * 2 - 1
K = torch.ones(1, 16, 9, dtype=torch.complex64)
y = torch.ones(1, 2, 16, 16, dtype=torch.complex64)
kernel = torch.ones(2, 3, 3) / 9
l2 = losses.L2Loss()
volumes = [np.full((4, 16, 16), 200, np.uint8)]
patches = data.PatchDataset(volumes, batch_size=2, patch_size=(8, 8))
loaded = workflow.load_pretrained("runs/done/model.pt")
model = loaded.network
prior = priors.VAEPrior(model, loaded.loss)
"""
"""What the lines of `calls.py` use."""


def nifti(
    dtype: object = np.float32,
    shape: tuple[int, ...] = (),
    affine: object = None,
    header: object = (),
    **voxels: float,
) -> Callable[[Path], None]:
    """A volume of another type, shape, affine or header, or with one voxel of another value."""

    def write(path: Path) -> None:
        good = nib.load("plain.nii")
        values = np.asarray(good.get_fdata(dtype=np.float32))
        if "all" in voxels:
            values = np.full_like(values, voxels["all"])
        elif voxels:
            values[3, 3, 3] = next(iter(voxels.values()))
        if isinstance(dtype, list):
            values = np.zeros(values.shape, dtype)
        values = np.resize(values, shape or values.shape).astype(dtype)
        image = nib.Nifti1Image(values, good.affine if affine is None else np.asarray(affine, float))
        nib.save(image, path)
        if header:
            raw = bytearray(gzip.decompress(path.read_bytes()))
            for offset, kind, value in header:
                part = np.array(value, kind).tobytes()
                raw[offset : offset + len(part)] = part
            path.write_bytes(gzip.compress(bytes(raw)))

    return write


def cut(source: str, share: float) -> Callable[[Path], None]:
    """The first part of a good file."""
    return lambda path: (lambda raw: path.write_bytes(raw[: int(len(raw) * share)]))(
        Path(source).read_bytes()
    )  # type: ignore[func-returns-value]


def flipped(source: str, share: float, bit: int = 3) -> Callable[[Path], None]:
    """A good file with one bit flipped."""

    def write(path: Path) -> None:
        raw = bytearray(Path(source).read_bytes())
        raw[int(len(raw) * share)] ^= 1 << bit
        path.write_bytes(bytes(raw))

    return write


def text(content: str = "this is not it\n") -> Callable[[Path], None]:
    """A file of text."""
    return lambda path: path.write_text(content, encoding="utf-8")  # type: ignore[func-returns-value]


def nothing(path: Path) -> None:
    """No file at all."""


GZ = "data/test/sub-03_T1w.nii.gz"
Files = dict[str, tuple[bool | None, Callable[[Path], object]]]
VOLUMES: Files = {
    "empty": (False, text("")),
    "text": (False, text()),
    "missing": (False, nothing),
    "folder": (False, Path.mkdir),
    "dangling": (False, lambda path: path.symlink_to("nowhere.nii.gz")),
    "cut_header": (False, cut(GZ, 0.005)),
    "cut_half": (False, cut(GZ, 0.5)),
    "cut_end": (False, cut(GZ, 0.9995)),
    "flip_early": (False, flipped(GZ, 0.3)),
    "flip_late": (False, flipped(GZ, 0.98)),
    "plain_cut.nii": (False, cut("plain.nii", 0.7)),
    "plain_as_gz": (None, lambda path: shutil.copy("plain.nii", path)),
    "image.png": (False, lambda path: shutil.copy("runs/done/images/epoch_0001.png", path)),
    "complex": (False, nifti(np.complex64)),
    "rgb": (False, nifti([("R", "u1"), ("G", "u1"), ("B", "u1")])),
    "four_dims": (False, nifti(shape=(28, 26, 24, 3))),
    "two_dims": (False, nifti(shape=(28, 26))),
    "one_dim": (False, nifti(shape=(28,))),
    "five_dims": (False, nifti(shape=(28, 26, 24, 1, 3))),
    "tiny": (False, nifti(shape=(4, 4, 4))),
    "one_voxel": (False, nifti(shape=(1, 1, 1))),
    "one_slice": (None, nifti(shape=(28, 26, 1))),
    "trailing_axis": (True, nifti(shape=(28, 26, 24, 1))),
    "bytes": (True, nifti(np.uint8)),
    "shorts": (True, nifti(np.int16)),
    "doubles": (True, nifti(np.float64)),
    "nan_voxel": (False, nifti(one=np.nan)),
    "inf_voxel": (False, nifti(one=np.inf)),
    "huge_voxel": (None, nifti(one=1e38)),
    "all_nan": (False, nifti(all=np.nan)),
    "zeros": (False, nifti(all=0)),
    "constant": (False, nifti(all=7)),
    "all_negative": (False, nifti(all=-7)),
    "nan_affine": (False, nifti(affine=np.full((4, 4), np.nan))),
    "singular_affine": (False, nifti(affine=np.diag([1, 0, 1, 1]))),
    "flat_affine": (False, nifti(affine=[[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
    "huge_affine": (False, nifti(affine=np.diag([1e30, 1e30, 1e30, 1]))),
    "speck_affine": (False, nifti(affine=np.diag([1e-12, 1e-12, 1e-12, 1]))),
    "inf_affine": (False, nifti(affine=np.diag([np.inf, 1, 1, 1]))),
    "bad_magic": (False, nifti(header=[(344, "S4", b"xxxx")])),
    "bad_size": (False, nifti(header=[(0, "<i4", 7)])),
    "bad_type": (False, nifti(header=[(70, "<i2", 9999)])),
    "bad_bits": (None, nifti(header=[(72, "<i2", 3)])),
    "no_dims": (False, nifti(header=[(40, "<i2", 0)])),
    "many_dims": (False, nifti(header=[(40, "<i2", 77)])),
    "zero_side": (False, nifti(header=[(42, "<i2", 0)])),
    "negative_side": (False, nifti(header=[(42, "<i2", -28)])),
    "bomb": (False, nifti(header=[(42, "<i2", 32767), (44, "<i2", 32767), (46, "<i2", 32767)])),
    "nan_slope": (None, nifti(header=[(112, "<f4", np.nan)])),
    "inf_slope": (False, nifti(header=[(112, "<f4", np.inf)])),
    "nan_intercept": (False, nifti(header=[(112, "<f4", 1), (116, "<f4", np.nan)])),
    "negative_offset": (False, nifti(header=[(108, "<f4", -400)])),
    "far_offset": (False, nifti(header=[(108, "<f4", 1e9)])),
    "nan_offset": (False, nifti(header=[(108, "<f4", np.nan)])),
    "nan_spacing": (None, nifti(header=[(80, "<f4", np.nan)])),
    "no_codes": (None, nifti(header=[(252, "<i2", 0), (254, "<i2", 0)])),
}

UNSEEN = {"missing", "folder", "dangling", "image.png"}
"""Those that are no file of a data set."""


def array(
    dtype: object = np.complex64, shape: tuple[int, ...] = (), one: object = None, fill: object = None
) -> Callable[[Path], None]:
    """K-space of another type, shape or with one other value."""

    def write(path: Path) -> None:
        y = np.load("kspace.npy")
        y = np.full_like(y, fill) if fill is not None else y
        values = np.resize(y, shape or y.shape).astype(dtype)
        if one is not None:
            values.reshape(-1)[5] = one
        np.save(path, values)

    return write


def hdf5(**content: object) -> Callable[[Path], None]:
    """An HDF5 file with data sets of other content."""

    def write(path: Path) -> None:
        import h5py

        with h5py.File(path, "w") as file:
            for name, value in content.items():
                file[name] = np.load("kspace.npy") if value == "good" else value
        if not content:
            write_kspace(path)

    return write


def header(field: str, matrix: str = "36") -> Callable[[Path], None]:
    """A good file with an ISMRMRD header of some field of view."""
    space = "<{0}><matrixSize><x>40</x><y>{1}</y><z>1</z></matrixSize><fieldOfView_mm><x>{2}</x><y>27</y><z>5</z></fieldOfView_mm></{0}>"
    parts = "".join(space.format(name, matrix, field) for name in ("encodedSpace", "reconSpace"))
    xml = f'<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding>{parts}</encoding></ismrmrdHeader>'
    return hdf5(kspace="good", ismrmrd_header=xml)


SCANS: Files = {
    "empty": (False, text("")),
    "text": (False, text()),
    "missing": (False, nothing),
    "folder": (False, Path.mkdir),
    "cut": (False, cut("kspace.npy", 0.6)),
    "cut_header": (False, cut("kspace.npy", 0.001)),
    "real": (False, array(np.float32)),
    "integers": (False, array(np.int16)),
    "objects": (False, lambda path: np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)),
    "words": (False, lambda path: np.save(path, np.array(["a", "b"]))),
    "scalar": (False, lambda path: np.save(path, np.complex64(1))),
    "one_dim": (False, array(shape=(40,))),
    "two_dims": (False, array(shape=(40, 36))),
    "five_dims": (False, array(shape=(1, 1, 4, 40, 36))),
    "no_slices": (False, array(shape=(0, 4, 40, 36))),
    "no_coils": (False, array(shape=(2, 0, 40, 36))),
    "no_rows": (False, array(shape=(2, 4, 0, 36))),
    "one_pixel": (None, array(shape=(2, 4, 1, 1))),
    "nan": (False, array(one=np.nan)),
    "inf": (False, array(one=np.inf)),
    "overflow": (False, array(np.complex128, one=1e300)),
    "underflow": (False, array(np.complex128, fill=1e-300)),
    "faint": (None, array(fill=1e-30)),
    "bright": (None, array(fill=1e30)),
    "zeros": (False, array(fill=0)),
    "zipped.npz": (False, lambda path: np.savez(path, a=1)),
    "double": (True, array(np.complex128)),
    "good.h5": (True, hdf5()),
    "empty.h5": (False, text("")),
    "text.h5": (False, text()),
    "npy.h5": (False, array()),
    "cut.h5": (False, cut("kspace.h5", 0.5)),
    "no_kspace.h5": (False, hdf5(other=np.ones(3))),
    "scalar.h5": (False, hdf5(kspace=1 + 1j)),
    "words.h5": (False, hdf5(kspace="text")),
    "real.h5": (False, hdf5(kspace=np.ones((2, 4, 40, 36)))),
    "one_dim.h5": (False, hdf5(kspace=np.ones(4, complex))),
    "no_slices.h5": (False, hdf5(kspace=np.ones((0, 4, 40, 36), complex))),
    "group.h5": (False, hdf5(**{"kspace/inner": np.ones(3)})),
    "nan.h5": (False, hdf5(kspace=np.full((2, 4, 40, 36), np.nan + 0j))),
    "bad_xml.h5": (False, hdf5(kspace="good", ismrmrd_header="<a><b>")),
    "number_header.h5": (False, hdf5(kspace="good", ismrmrd_header=7)),
    "array_header.h5": (False, hdf5(kspace="good", ismrmrd_header=np.ones(3))),
    "other_xml.h5": (False, hdf5(kspace="good", ismrmrd_header="<a/>")),
    "field_0.h5": (False, header("0")),
    "field_nan.h5": (False, header("nan")),
    "field_inf.h5": (False, header("inf")),
    "field_text.h5": (False, header("wide")),
    "field_negative.h5": (False, header("-24")),
    "matrix_text.h5": (False, header("24", "many")),
    "matrix_0.h5": (None, header("24", "0")),
}
ARRAYS = {
    name: SCANS[name]
    for name in (
        "empty",
        "text",
        "folder",
        "cut",
        "objects",
        "words",
        "scalar",
        "five_dims",
        "nan",
        "overflow",
    )
}
"""What is bad for every array beside the k-space, too."""


def state(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    """Weights with some tensors changed."""

    def write(path: Path) -> None:
        weights = torch.load("runs/done/model.pt", weights_only=True)
        changed = change(weights)
        torch.save(weights if changed is None else changed, path)

    return write


def beside(
    change: Callable[[dict[str, object]], object], name: str = "settings.json"
) -> Callable[[Path], None]:
    """Good weights with other settings beside them."""

    def write(path: Path) -> None:
        shutil.copy("runs/done/model.pt", path)
        target = path.with_name(name)
        content = json.loads(target.read_text(encoding="utf-8"))
        changed = change(content)
        target.write_text(changed if isinstance(changed, str) else json.dumps(content), encoding="utf-8")

    return write


def _fill(value: float) -> Callable[[dict[str, torch.Tensor]], None]:
    return lambda weights: next(iter(weights.values())).fill_(value)  # type: ignore[func-returns-value]


WEIGHTS: Files = {
    "good": (True, state(lambda _: None)),
    "empty": (False, text("")),
    "text": (False, text()),
    "missing": (False, nothing),
    "folder": (None, Path.mkdir),
    "cut": (False, cut("runs/done/model.pt", 0.7)),
    "flipped": (False, flipped("runs/done/model.pt", 0.5)),
    "number": (False, state(lambda _: 7)),
    "list": (False, state(lambda _: [1, 2])),
    "no_tensors": (False, state(lambda _: {"a": 1})),
    "nothing_in": (False, state(lambda _: {})),
    "fewer": (False, state(lambda weights: weights.popitem() and None)),
    "more": (False, state(lambda weights: weights.update(other=torch.ones(3)))),
    "nan": (False, state(_fill(np.nan))),
    "inf": (False, state(_fill(np.inf))),
    "zero_scale": (False, state(lambda weights: weights["scale"].fill_(0) and None)),
    "negative_scale": (False, state(lambda weights: weights["scale"].fill_(-1) and None)),
    "nan_scale": (False, state(lambda weights: weights["scale"].fill_(np.nan) and None)),
    "negative_variance": (
        False,
        state(lambda weights: [v.fill_(-1) for n, v in weights.items() if "running_var" in n] and None),
    ),
    "whole_numbers": (False, state(lambda weights: {name: value.int() for name, value in weights.items()})),
    "other_shape": (False, state(lambda weights: {name: value[None] for name, value in weights.items()})),
    "checkpoint": (True, lambda path: shutil.copy("runs/done/checkpoint.pt", path)),
    "settings_empty": (False, beside(lambda _: "")),
    "settings_text": (False, beside(lambda _: "this is not it")),
    "settings_list": (False, beside(lambda _: "[]")),
    "settings_deep": (False, beside(lambda _: "[" * 100_000)),
    "settings_format": (False, beside(lambda settings: settings.update(format=99))),
    "settings_unknown": (False, beside(lambda settings: settings.update(extra=1))),
    "settings_missing": (False, beside(lambda settings: settings.pop("model") and None)),
    "settings_null": (False, beside(lambda settings: settings.update(model=None))),
    "settings_nan": (False, beside(lambda settings: settings.update(beta=float("nan")))),
    "settings_kind": (False, beside(lambda settings: settings["model"].update(kind="other"))),  # type: ignore[attr-defined]
    "settings_huge": (False, beside(lambda settings: settings["model"].update(latent_size=10**12))),  # type: ignore[attr-defined]
    "settings_size": (False, beside(lambda settings: settings["model"].update(image_size=10**9))),  # type: ignore[attr-defined]
    "settings_expression": (False, beside(lambda settings: settings["model"].update(latent_size="$6"))),  # type: ignore[attr-defined]
    "settings_other": (False, beside(lambda settings: settings["model"].update(latent_size=7))),  # type: ignore[attr-defined]
    "environment_text": (None, beside(lambda _: "this is not it", "environment.json")),
}


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": text(""),
    "text": text(),
    "list": text("[]"),
    "null": text("null"),
    "deep": text("[" * 100_000),
    "cut": lambda path: cut(str(path), 0.6)(path),
    "flipped": lambda path: flipped(str(path), 0.6)(path),
    "noise": lambda path: path.write_bytes(os.urandom(500)),
    "other": lambda path: path.write_text(
        '{"a": {"b": null}, "split": "test", "measures": {"psnr": 7}, "images": "x"}'
    ),
}
"""How a file of a run is damaged."""
RECORDS = (
    "config.json environment.json settings.json metrics.csv metrics.json checkpoint.pt model.pt test/measures.json "
    "test/pictures.npz test/spectra.npz kernels.npz tensorboard/events.out.tfevents"
).split()
"""Files of a run."""


def damaged_run(name: str, damage: str, folder: Path) -> Path:
    """Copy the finished run and damage one of its files."""
    shutil.copytree("runs/done", folder)
    (path,) = folder.glob(f"{name}*") if "events" in name else [folder / name]
    DAMAGES[damage](path)
    return folder


def file_name(name: str, suffix: str) -> str:
    """Name the file of a bad file: its own suffix, or the usual one."""
    return name if name.endswith((*SUFFIXES, ".png", ".npz")) else name + suffix


def write_volume(name: str, folder: Path) -> Path:
    """Write a bad volume."""
    path = folder / file_name(name, ".nii.gz")
    VOLUMES[name][1](path)
    return path


def as_dataset(path: Path) -> Path:
    """A data set with a bad volume among good ones, in training and test."""
    for part in ("train", "test"):
        folder = path.parent / "set" / part
        shutil.copytree(Path("data", part), folder, copy_function=os.link)
        if path.exists() or path.is_symlink():
            (folder / path.name).symlink_to(path.absolute())
    return folder.parent


def write_scan(name: str, folder: Path) -> Path:
    """Write bad k-space, or another bad array."""
    path = folder / file_name(name, ".npy")
    SCANS[name][1](path)
    return path


def write_weights(name: str, folder: Path) -> Path:
    """Write bad weights, or good ones with bad settings, as a run's folder."""
    for other in ("settings.json", "environment.json", "config.json"):
        shutil.copy(Path("runs/done", other), folder / other)
    path = folder / "model.pt"
    WEIGHTS[name][1](path)
    return path


assert SIZE == (40, 36)
