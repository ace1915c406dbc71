"""The pieces together, as a bundle's inference.json wires them."""

import csv

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import DataLoader
from monai.engines import SupervisedEvaluator
from monai.transforms import (
    Compose,
    Invertd,
    Orientationd,
    SaveImaged,
    Spacingd,
)

from monai_blurvae.inference import (
    BrainIntensityd,
    RestoreIntensityd,
    SliceElboTable,
    SliceTileInferer,
    VolumeDataset,
    volume_items,
)
from monai_blurvae.losses import WienerBlurLoss


def _run(network, source, output_dir, spacing_mm=None, tile_size=8, handlers=()):
    resample = [] if spacing_mm is None else [Spacingd("image", pixdim=spacing_mm, mode="bilinear")]
    preprocessing = Compose(
        [
            Orientationd("image", axcodes="PLS", labels=None),
            *resample,
            BrainIntensityd("image", percentile=100),
        ]
    )
    postprocessing = Compose(
        [
            RestoreIntensityd("pred", orig_keys="image"),
            Invertd("pred", transform=preprocessing, orig_keys="image", nearest_interp=False),
            SaveImaged(
                "pred",
                output_dir=output_dir,
                output_postfix="reconstruction",
                resample=False,
                separate_folder=False,
                print_log=False,
            ),
        ]
    )
    SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(
            VolumeDataset(volume_items(source), preprocessing, spacing_mm), batch_size=1, num_workers=0
        ),
        network=network,
        inferer=SliceTileInferer(tile_size),
        postprocessing=postprocessing,
        val_handlers=list(handlers),
    ).run()


@pytest.mark.parametrize("shape", [(20, 26, 5), (6, 7, 3)])
def test_an_identity_network_gives_an_oblique_anisotropic_volume_back(write_volume, tmp_path, shape):
    original = nib.load(write_volume(shape=shape))
    _run(torch.nn.Identity(), tmp_path / "volumes", tmp_path / "out", tile_size=8)
    written = nib.load(tmp_path / "out" / "subject_reconstruction.nii.gz")
    np.testing.assert_allclose(written.affine, original.affine, atol=1e-5)
    np.testing.assert_allclose(written.get_fdata(), original.get_fdata(), atol=1e-3)
    assert np.all(written.get_fdata()[original.get_fdata() == 0] == 0)


def test_after_resampling_the_reconstruction_is_on_the_inputs_grid(write_volume, tmp_path, network):
    original = nib.load(write_volume())
    _run(network, tmp_path / "volumes" / "subject.nii.gz", tmp_path / "out", spacing_mm=(1.0, 1.0, 1.5))
    written = nib.load(tmp_path / "out" / "subject_reconstruction.nii.gz")
    assert written.shape == original.shape
    np.testing.assert_allclose(written.affine, original.affine, atol=1e-5)


def test_the_elbo_table_of_every_volume_is_written_beside(write_volume, tmp_path, network):
    first, second = write_volume("a.nii.gz"), write_volume("b.nii", shape=(18, 22, 4))
    table = SliceElboTable(network, WienerBlurLoss(), tmp_path / "out" / "elbo.csv")
    _run(network, first.parent, tmp_path / "out", handlers=[table])
    with (tmp_path / "out" / "elbo.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert {line["file"] for line in lines} == {str(first), str(second)}
    spacing_mm = np.diff([float(line["position_mm"]) for line in lines if line["file"] == str(first)])
    np.testing.assert_allclose(spacing_mm, 2, atol=1e-3)  # slices of 2 mm, measured along the tilted axis
    assert all(np.isfinite(float(line["bits_per_dimension"])) for line in lines)
