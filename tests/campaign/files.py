"""Bad files by name: whether each may be accepted, and how it is made from a good one."""

import gzip
import json
import os
import shutil
from pathlib import Path

import h5py
import nibabel as nib
import numpy as np
import torch

GZ = "data/test/sub-03_T1w.nii.gz"
WEIGHT = "runs/done/model.pt"


def text(content="this is not it\n"):
    return lambda path: path.write_text(content, encoding="utf-8")


def cut(source, share):
    """The first part of a good file."""
    return lambda path: path.write_bytes((raw := Path(source or path).read_bytes())[: int(len(raw) * share)])


def flipped(source, share):
    """A good file with one bit flipped."""

    def write(path):
        raw = bytearray(Path(source or path).read_bytes())
        raw[int(len(raw) * share) - 1] ^= 8
        path.write_bytes(bytes(raw))

    return write


def nifti(dtype=np.float32, shape=(), affine=None, header=(), one=None, fill=None):
    """A volume of another type, shape, affine or value, or with (offset, type, value) put into its header."""

    def write(path):
        good = nib.load("plain.nii")
        values = np.asarray(good.get_fdata(dtype=np.float32))
        values = np.zeros(values.shape, dtype) if isinstance(dtype, list) else values
        if fill is not None:
            values[...] = fill
        if one is not None:
            values[3, 3, 3] = one
        values = np.resize(values, shape or values.shape).astype(dtype)
        nib.save(nib.Nifti1Image(values, good.affine), path)
        raw = bytearray(gzip.decompress(path.read_bytes()))
        rows = () if affine is None else ((252, "<i2", (0, 1)), (280, "<f4", np.asarray(affine)[:3]))
        for offset, kind, value in (*rows, *header):
            part = np.array(value, kind).tobytes()
            raw[offset : offset + len(part)] = part
        path.write_bytes(gzip.compress(bytes(raw)))

    return write


def head(*header):
    return nifti(header=header)


def scaled(*diagonal):
    return nifti(affine=np.diag([*diagonal, 1]))


VOLUMES = {
    "empty": (False, text("")),
    "text": (False, text()),
    "missing": (False, lambda _: None),
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
    "all_nan": (False, nifti(fill=np.nan)),
    "zeros": (False, nifti(fill=0)),
    "constant": (False, nifti(fill=7)),
    "nan_affine": (False, nifti(affine=np.full((4, 4), np.nan))),
    "inf_affine": (False, scaled(np.inf, 1, 1)),
    "singular_affine": (False, scaled(1, 0, 1)),
    "flat_affine": (False, nifti(affine=[[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
    "huge_affine": (False, scaled(1e30, 1e30, 1e30)),
    "speck_affine": (False, scaled(1e-12, 1e-12, 1e-12)),
    "bad_magic": (False, head((344, "S4", b"xxxx"))),
    "bad_size": (None, head((0, "<i4", 7))),
    "bad_type": (False, head((70, "<i2", 9999))),
    "bad_bits": (None, head((72, "<i2", 3))),
    "no_dims": (False, head((40, "<i2", 0))),
    "many_dims": (False, head((40, "<i2", 77))),
    "zero_side": (False, head((42, "<i2", 0))),
    "negative_side": (False, head((42, "<i2", -28))),
    "bomb": (False, head((42, "<i2", 32767), (44, "<i2", 32767), (46, "<i2", 32767))),
    "gzip_bomb": (
        False,
        lambda path: path.write_bytes(Path(GZ).read_bytes() + 64 * gzip.compress(bytes(2**22))),
    ),
    "nan_slope": (None, head((112, "<f4", np.nan))),
    "inf_slope": (False, head((112, "<f4", np.inf))),
    "nan_intercept": (False, head((112, "<f4", 1), (116, "<f4", np.nan))),
    "negative_offset": (False, head((108, "<f4", -400))),
    "far_offset": (False, head((108, "<f4", 1e9))),
    "nan_offset": (False, head((108, "<f4", np.nan))),
    "nan_spacing": (None, head((80, "<f4", np.nan))),
    "no_codes": (None, head((252, "<i2", 0), (254, "<i2", 0))),
}
UNSEEN = {"missing", "folder", "dangling", "image.png"}
"""Those that are no file of a data set."""


def array(dtype=np.complex64, shape=(), one=None, fill=None):
    """K-space of another type, shape or value."""

    def write(path):
        y = np.load("kspace.npy")
        values = np.resize(y if fill is None else np.full_like(y, fill), shape or y.shape).astype(dtype)
        if one is not None:
            values.reshape(-1)[5] = one
        np.save(path, values)

    return write


def hdf5(**content):
    """An HDF5 file with data sets of some content."""

    def write(path):
        with h5py.File(path, "w") as file:
            for name, value in content.items():
                file[name] = np.load("kspace.npy") if isinstance(value, str) and value == "good" else value

    return write


def header(field, matrix="36"):
    """K-space with an ISMRMRD header of some field of view."""
    sizes = f"<matrixSize><x>40</x><y>{matrix}</y><z>1</z></matrixSize>"
    fields = f"<fieldOfView_mm><x>{field}</x><y>27</y><z>5</z></fieldOfView_mm>"
    spaces = "".join(f"<{name}>{sizes}{fields}</{name}>" for name in ("encodedSpace", "reconSpace"))
    root = 'ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"'
    return hdf5(kspace="good", ismrmrd_header=f"<{root}><encoding>{spaces}</encoding></ismrmrdHeader>")


SCANS = {
    "empty": (False, text("")),
    "text": (False, text()),
    "missing": (False, lambda _: None),
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
    "good.h5": (True, hdf5(kspace="good")),
    "empty.h5": (False, text("")),
    "text.h5": (False, text()),
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
    "matrix_text.h5": (None, header("24", "many")),
    "matrix_0.h5": (None, header("24", "0")),
}
ARRAYS = {
    name: SCANS[name]
    for name in [
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
    ]
}
"""What is bad for every array beside the k-space, too."""


def state(change):
    """Weights with some tensors changed."""

    def write(path):
        weights = torch.load(WEIGHT, weights_only=True)
        changed = change(weights)
        torch.save(weights if changed is None else changed, path)

    return write


def fill(name, value):
    def change(weights):
        for key, tensor in weights.items():
            if name in key and tensor.is_floating_point():
                tensor.fill_(value)

    return state(change)


def beside(change, name="settings.json"):
    """Good weights with another record beside them: its new text, or a change of its content."""

    def write(path):
        shutil.copy(WEIGHT, path)
        target = path.with_name(name)
        content = json.loads(target.read_text(encoding="utf-8"))
        if callable(change):
            change(content)
        target.write_text(json.dumps(content) if callable(change) else change, encoding="utf-8")

    return write


def model(**values):
    return beside(lambda settings: settings["model"].update(values))


WEIGHTS = {
    "good": (True, state(lambda _: None)),
    "empty": (False, text("")),
    "text": (False, text()),
    "missing": (False, lambda _: None),
    "cut": (False, cut(WEIGHT, 0.7)),
    "flipped": (False, flipped(WEIGHT, 0.5)),
    "number": (False, state(lambda _: 7)),
    "list": (False, state(lambda _: [1, 2])),
    "no_tensors": (False, state(lambda _: {"a": 1})),
    "nothing_in": (False, state(lambda _: {})),
    "fewer": (False, state(lambda weights: weights.popitem() and None)),
    "more": (False, state(lambda weights: weights.update(other=torch.ones(3)))),
    "nan": (False, fill("decoder", np.nan)),
    "inf": (False, fill("encoder", np.inf)),
    "zero_scale": (False, fill("scale", 0)),
    "negative_scale": (False, fill("scale", -1)),
    "nan_scale": (False, fill("scale", np.nan)),
    "negative_variance": (False, fill("running_var", -1)),
    "whole_numbers": (False, state(lambda weights: {name: value.int() for name, value in weights.items()})),
    "other_shape": (False, state(lambda weights: {name: value[None] for name, value in weights.items()})),
    "checkpoint": (True, lambda path: shutil.copy("runs/done/checkpoint.pt", path)),
    "settings_empty": (False, beside("")),
    "settings_text": (False, beside("this is not it")),
    "settings_list": (False, beside("[]")),
    "settings_deep": (False, beside("[" * 100_000)),
    "settings_format": (False, beside(lambda settings: settings.update(format=99))),
    "settings_unknown": (False, beside(lambda settings: settings.update(extra=1))),
    "settings_missing": (False, beside(lambda settings: settings.pop("model"))),
    "settings_null": (False, beside(lambda settings: settings.update(model=None))),
    "settings_nan": (False, beside(lambda settings: settings.update(beta=float("nan")))),
    "settings_kind": (False, model(kind="other")),
    "settings_huge": (False, model(latent_size=10**12)),
    "settings_size": (False, model(image_size=10**9)),
    "settings_expression": (False, model(latent_size="$6")),
    "settings_other": (False, model(latent_size=7)),
    "environment_text": (None, beside("this is not it", "environment.json")),
}
DAMAGES = {
    "missing": Path.unlink,
    "empty": text(""),
    "text": text(),
    "list": text("[]"),
    "null": text("null"),
    "deep": text("[" * 100_000),
    "cut": cut(None, 0.6),
    "flipped": flipped(None, 0.6),
    "noise": lambda path: path.write_bytes(bytes(range(7, 255)) * 2),
    "other": text('{"a": {"b": null}, "split": "test", "measures": {"psnr": 7}, "images": "x"}'),
}
"""How a file of a run is damaged."""
RECORDS = [
    "config.json",
    "environment.json",
    "settings.json",
    "metrics.csv",
    "metrics.json",
    "checkpoint.pt",
    "model.pt",
    "kernels.npz",
    "test/measures.json",
    "test/pictures.npz",
    "test/spectra.npz",
    "tensorboard/events*",
]
"""Files of a run."""


def damaged_run(name, damage, folder):
    """Copy the finished run and damage one of its files."""
    shutil.copytree("runs/done", folder)
    (path,) = folder.glob(name)
    DAMAGES[damage](path)
    return folder


def full(name, made):
    """Name the file: with its own suffix, or the usual one."""
    if made is WEIGHTS:
        return "model.pt"
    return name if "." in name else f"{name}{'.nii.gz' if made is VOLUMES else '.npy'}"


def write(name, made, folder):
    """Write a bad file."""
    path = folder / full(name, made)
    made[name][1](path)
    return path


def as_dataset(path):
    """A data set with a bad volume among good ones, in training and test."""
    for part in ("train", "test"):
        folder = path.parent / "set" / part
        shutil.copytree(Path("data", part), folder, copy_function=os.link)
        os.link(path, folder / path.name)
    return folder.parent


def write_weights(name, folder):
    """Write bad weights, or good ones with bad settings, as a run's folder."""
    for other in ("settings.json", "environment.json", "config.json"):
        shutil.copy(Path("runs/done", other), folder / other)
    return write(name, WEIGHTS, folder)
