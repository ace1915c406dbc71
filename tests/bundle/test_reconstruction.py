"""Reconstruction of k-space: files in the k-space's own layout, errors before anything is written."""

import json

import nibabel as nib
import numpy as np
import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, image_to_kspace, variable_density_lines
from monai_blurvae.mri.orientation import reorient
from monai_blurvae.priors import Mixture
from monai_blurvae.workflow import load_prior, root_cause
from tests.inference.scans.scan import coil_maps, kspace, phantom

pytest.importorskip("h5py")
pytest.importorskip("sigpy")

SIZE = (40, 36)
CLASSICAL = ["zero_filled", "cg_sense", "total_variation", "l1_wavelet"]


@pytest.fixture
def scan(tmp_path):
    """Two fully sampled slices of 4 coils, and what they are of."""
    full = kspace(4, SIZE)
    np.save(tmp_path / "kspace.npy", torch.cat([full, 2 * full]).numpy())
    np.save(tmp_path / "maps.npy", coil_maps(4, SIZE)[0].numpy())
    np.save(tmp_path / "reference.npy", phantom(SIZE)[0, 0].abs().numpy())
    return tmp_path / "kspace.npy"


@pytest.fixture
def reconstruct(run, tmp_path):
    """Run the command on a file, and give its folder."""

    def go(kspace, **override):
        path = None if kspace is None else str(kspace)
        run("reconstruct.json", run_id="reconstruct", kspace=path, **override)
        return tmp_path / "bundle" / "runs" / "run"

    return go


def fake(**arguments):
    """In place of a solver with a prior."""
    return {"_target_": "tests.inference.scans.scan.CornerSolver", **arguments}


def record_of(folder):
    return json.loads((folder / "reconstruction.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", CLASSICAL)
def test_a_scan_becomes_volumes_a_picture_and_numbers(reconstruct, scan, tmp_path, method, capsys):
    folder = reconstruct(
        scan,
        method=method,
        acceleration=1.6,
        centre_lines=8,
        coil_maps=str(tmp_path / "maps.npy"),
        reference=str(tmp_path / "reference.npy"),
        kspace_orientation="RA",
        spacing=[0.9, 0.8, 3],
        hold_back=0.1,
    )
    magnitude, phase = (nib.load(folder / f"{name}.nii.gz") for name in ("magnitude", "phase"))
    assert magnitude.shape == phase.shape == (*SIZE, 2)
    assert nib.aff2axcodes(magnitude.affine) == ("R", "A", "S")
    np.testing.assert_allclose(nib.affines.voxel_sizes(magnitude.affine), (0.9, 0.8, 3), rtol=1e-6)
    assert np.abs(phase.get_fdata()).max() <= np.pi + 1e-6
    assert (folder / "reconstruction.png").is_file()
    record = record_of(folder)
    assert record["stopped"] == "finished"
    assert [one["slice"] for one in record["slices"]] == [0, 1]
    assert record["means"]["acceleration"] > 1.6
    errors = [record["means"][name] for name in ("nrmse_percent", "zero_filled_nrmse_percent")]
    assert errors[0] < errors[1] or method == "zero_filled"
    printed = capsys.readouterr().out
    assert "held_back_residual_percent" in printed
    (ring,) = record["slices"][0]["coverage"]
    assert 0 <= ring["covered_percent"] <= 100
    assert ring["values"] > 0
    assert "reconstruction.png" in printed


@pytest.mark.parametrize("method", ["auto", "joint", "alternating"])
def test_a_trained_prior_reconstructs_a_scan(run, reconstruct, scan, tiny_weights, tmp_path, method):
    folder = reconstruct(
        scan,
        run_name="prior",
        method=method,
        ckpt_path=str(tiny_weights),
        slices=[1],
        acceleration=2,
        coil_maps=str(tmp_path / "maps.npy"),
        iterations=2,
        samples=2,
    ).with_name("prior")
    assert np.isfinite(nib.load(folder / "magnitude.nii.gz").get_fdata()).all()
    (record,) = record_of(folder)["slices"]
    assert len(record["objective"]) == 2
    assert record["weight"] >= 3e-4
    assert (0 <= record["prior_share"] <= 1) if method == "auto" else "prior_share" not in record
    if method != "alternating":
        std = nib.load(folder / "std.nii.gz").get_fdata()
        assert np.isfinite(std).all()
        assert std.max() > 0


def test_the_prior_weighs_by_the_noise_unless_a_weight_is_stated_and_holds_only_in_the_brain(
    reconstruct, scan, tiny_weights, tmp_path
):
    np.save(tmp_path / "brain.npy", (phantom(SIZE)[0, 0].abs() > 0).numpy())
    settings = {
        "ckpt_path": str(tiny_weights),
        "method": "joint",
        "slices": [0],
        "coil_maps": str(tmp_path / "maps.npy"),
        "iterations": 1,
        "samples": 0,
    }
    found = {}
    for name, further in {
        "silent": {"noise_std": 0.0},
        "noisy": {"noise_std": 0.1},
        "stated": {"noise_std": 0.1, "weight": 0.5},
        "masked": {"noise_std": 0.0, "brain_mask": str(tmp_path / "brain.npy")},
    }.items():
        folder = reconstruct(scan, run_name=name, **settings, **further).with_name(name)
        found[name] = nib.load(folder / "magnitude.nii.gz").get_fdata(), record_of(folder)
    weights = {name: record["slices"][0]["weight"] for name, (_, record) in found.items()}
    assert weights["stated"] == 0.5
    assert weights["silent"] == weights["masked"] < weights["noisy"]
    assert found["masked"][1]["settings"]["brain_mask"].endswith("brain.npy")
    assert not np.array_equal(found["masked"][0], found["silent"][0])


def test_the_command_and_python_give_the_same_image(reconstruct, scan, tiny_weights, tmp_path):
    folder = reconstruct(
        scan,
        run_name="command",
        ckpt_path=str(tiny_weights),
        slices=[1],
        coil_maps=str(tmp_path / "maps.npy"),
        acceleration=2,
        samples=0,
        weight=1e-3,
    ).with_name("command")
    loaded = load_prior(tiny_weights)
    mask = variable_density_lines(SIZE, 2, 16)
    y, maps = (np.load(tmp_path / f"{name}.npy") for name in ("kspace", "maps"))
    solver = Mixture(loaded.prior, loaded.slices, weight=1e-3)
    encoding = CartesianEncoding(mask, torch.from_numpy(maps))
    found = solver.reconstruct(torch.from_numpy(y[1:]) * mask, encoding)
    magnitude = nib.load(folder / "magnitude.nii.gz").get_fdata()[..., 0]
    np.testing.assert_allclose(magnitude, found.image.abs()[0, 0].numpy(), rtol=1e-4, atol=1e-5)


def test_slices_smaller_than_the_models_patches_are_refused(reconstruct, tiny_weights, tmp_path):
    np.save(tmp_path / "small.npy", kspace(4, (40, 31)).numpy())
    with pytest.raises(RuntimeError) as error:
        reconstruct(tmp_path / "small.npy", run_name="small", ckpt_path=str(tiny_weights))
    message = "`kspace` must have at least the 32 x 32 pixels of the model's patches, got slices of 40 x 31"
    assert message in str(root_cause(error.value))
    assert not (tiny_weights.parents[1] / "small").exists()


def test_fully_sampled_kspace_comes_back_as_its_image(reconstruct, scan, tmp_path):
    folder = reconstruct(
        scan, method="cg_sense", weight=0.0, slices=[1], coil_maps=str(tmp_path / "maps.npy")
    )
    found = nib.load(folder / "magnitude.nii.gz").get_fdata()[..., 0]
    np.testing.assert_allclose(found, 2 * phantom(SIZE)[0, 0].abs(), atol=1e-3)


def test_maps_are_estimated_where_none_are_given(reconstruct, scan, tmp_path):
    folder = reconstruct(
        scan, method="cg_sense", slices=0, acceleration=2, reference=str(tmp_path / "reference.npy")
    )
    assert record_of(folder)["means"]["nrmse_percent"] < 25


def test_a_fastmri_file_brings_its_grid_and_its_reference(reconstruct, tmp_path):
    """The readout is oversampled twofold; the scanner's image is a middle part of the field of view."""
    import h5py

    wide = torch.zeros(3, 1, 2 * SIZE[0], SIZE[1], dtype=torch.complex64)
    wide[:, :, SIZE[0] // 2 : 3 * SIZE[0] // 2] = phantom(SIZE)
    with h5py.File(tmp_path / "brain.h5", "w") as file:
        file["kspace"] = image_to_kspace(wide)[:, 0].numpy()
        file["reconstruction_esc"] = phantom(SIZE)[0, :, 4:36, 2:34].abs().expand(3, -1, -1).numpy()
        file["ismrmrd_header"] = HEADER
    path = tmp_path / "brain.h5"
    folder = reconstruct(path, method="zero_filled", reference=str(path), slices=[0, 2])
    magnitude = nib.load(folder / "magnitude.nii.gz")
    assert magnitude.shape == (32, 32, 2)
    np.testing.assert_allclose(nib.affines.voxel_sizes(magnitude.affine), (0.75, 0.75, 10))
    assert record_of(folder)["means"]["nrmse_percent"] < 1e-2


def test_an_interruption_leaves_the_last_iterate_says_so_and_ends_with_its_exit_code(
    reconstruct, scan, tmp_path
):
    with pytest.raises(SystemExit) as ended:
        reconstruct(
            scan, model_orientation="PLS", solver=fake(interrupt=1), coil_maps=str(tmp_path / "maps.npy")
        )
    assert ended.value.code == 130
    folder = tmp_path / "bundle" / "runs" / "run"
    assert nib.load(folder / "magnitude.nii.gz").shape == (*SIZE, 1)
    assert not (folder / "std.nii.gz").exists()
    record = record_of(folder)
    assert record["stopped"] == record["slices"][0]["stopped"] == "interrupted"
    assert record["slices"][0]["objective"] == [3.0]
    assert "finished" not in json.loads((folder / "environment.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("orientation", ["RA", "AL", "LP"])
def test_a_turned_scan_of_stated_orientation_gives_the_turned_volumes(
    reconstruct, scan, tmp_path, orientation
):
    """The solver knows images only one way up, that of the model, PLS."""
    own = reconstruct(
        scan, model_orientation="PLS", solver=fake(), coil_maps=str(tmp_path / "maps.npy"), noise_std=0.1
    )
    own.rename(tmp_path / "own")
    for name in ("kspace", "maps"):
        values = torch.from_numpy(np.load(tmp_path / f"{name}.npy"))
        np.save(tmp_path / f"{name}.npy", reorient(values, "PL", orientation).numpy())
    folder = reconstruct(
        scan,
        model_orientation="PLS",
        solver=fake(),
        coil_maps=str(tmp_path / "maps.npy"),
        noise_std=0.1,
        kspace_orientation=orientation,
    )
    for name in ("magnitude", "std"):
        expected, found = (
            torch.from_numpy(nib.load(place / f"{name}.nii.gz").get_fdata()).movedim(-1, 0)
            for place in (tmp_path / "own", folder)
        )
        torch.testing.assert_close(
            found, reorient(expected, "PL", orientation), atol=1e-4 * float(expected.max()), rtol=1e-3
        )


def test_a_model_of_another_plane_is_warned_of_by_both_names(reconstruct, scan, tiny_weights, tmp_path):
    with pytest.warns(UserWarning, match="trained at orientation PLS, and is used at orientation PS"):
        reconstruct(
            scan,
            run_name="sagittal",
            ckpt_path=str(tiny_weights),
            kspace_orientation="PS",
            model_orientation="PLS",
            solver=fake(prior="$@loaded_prior.prior"),
            coil_maps=str(tmp_path / "maps.npy"),
        )


HEADER = """<?xml version="1.0"?>
<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding>
<encodedSpace><matrixSize><x>80</x><y>36</y><z>1</z></matrixSize>
<fieldOfView_mm><x>60</x><y>27</y><z>5</z></fieldOfView_mm></encodedSpace>
<reconSpace><matrixSize><x>32</x><y>32</y><z>1</z></matrixSize>
<fieldOfView_mm><x>24</x><y>24</y><z>5</z></fieldOfView_mm></reconSpace>
</encoding></ismrmrdHeader>"""


@pytest.mark.parametrize(
    ("override", "match"),
    [
        ({"kspace": None}, ".mrd file of fastMRI or ISMRMRD, got none: add --kspace FILE"),
        ({"kspace": "nowhere.npy"}, "`kspace` must be a .npy file of complex (coils, H, W)"),
        (
            {"coil_maps": "maps_of_2.npy"},
            "`coil_maps` must be complex (coils, H, W) as `kspace`, (4, 40, 36)",
        ),
        ({"mask": "zeros.npy"}, "`mask` must sample something of slice 0, got all zero"),
        ({"mask": "small.npy"}, "`mask` must have the size of `kspace`, (40, 36), got (3, 3)"),
        ({"kspace": "nan.npy"}, "must hold finite k-space, got 1 values"),
        ({"kspace": "real.npy"}, "must hold complex k-space, got float32"),
        (
            {"reference": "small.npy"},
            "`reference` must have the size of the reconstruction, (40, 36), got (3, 3)",
        ),
        ({"brain_mask": "small.npy"}, "`brain_mask` must have the size of the reconstruction, (40, 36), got"),
        ({"brain_mask": "zeros.npy"}, "`brain_mask` must hold some brain in slice 0, got all zero in"),
        ({"brain_mask": "ones.npy"}, "`brain_mask` must be left out for a method without a prior"),
        ({"method": "totalvariation"}, "`method` must be one of auto, joint, alternating, total_variation"),
        ({"iterations": 5}, "`iterations` must be 0 for zero-filling, which has none, got 5"),
        ({"slices": [2]}, "`slices` must name slices of the 2 in"),
        ({"kspase": "a"}, "`kspase` (did you mean `kspace`?)"),
        ({"kspace_orientation": "PP"}, "`kspace_orientation` must be two or three of R or L"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name_before_there_is_a_folder(
    reconstruct, scan, tmp_path, override, match
):
    np.save(tmp_path / "maps_of_2.npy", coil_maps(2, SIZE)[0].numpy())
    np.save(tmp_path / "zeros.npy", np.zeros(SIZE))
    np.save(tmp_path / "ones.npy", np.ones(SIZE))
    np.save(tmp_path / "small.npy", np.ones((3, 3)))
    bad = kspace(4, SIZE).numpy()
    np.save(tmp_path / "real.npy", np.abs(bad))
    bad[0, 0, 3, 3] = np.nan
    np.save(tmp_path / "nan.npy", bad)
    settings = {"kspace": scan, "method": "zero_filled", "coil_maps": "maps.npy", **override}
    with pytest.raises((RuntimeError, ValueError)) as error:
        reconstruct(**settings)
    assert match in str(root_cause(error.value))
    assert not (tmp_path / "bundle" / "runs").exists()
