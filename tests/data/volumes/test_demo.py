import sys

import nibabel as nib
import numpy as np
import pytest
import torch
import torchio as tio

from monai_blurvae.data import Preprocessing, demo_dataset, find_volumes, to_subject
from monai_blurvae.data.volumes import demo as module
from tests.data.conftest import brain


@pytest.fixture
def small_template(monkeypatch):
    data = torch.from_numpy(brain(shape=(48, 48, 48)))[None] / 1000
    monkeypatch.setattr(module, "_template", lambda: tio.Subject(image=tio.ScalarImage(tensor=data)))


def volumes(folder):
    return [nib.load(path).get_fdata() for path in find_volumes(folder)]


@pytest.fixture
def ignore_folding():
    """The small template's control points lie closer than the displacement that suits a whole brain."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@pytest.mark.usefixtures("small_template", "ignore_folding")
class TestWithASmallTemplate:
    def test_the_seed_decides_every_voxel(self, tmp_path):
        state = torch.get_rng_state()
        ours, theirs, others = (
            volumes(demo_dataset(tmp_path / name, 2, seed)) for name, seed in (("a", 4), ("b", 4), ("c", 5))
        )
        assert len(ours) == 2
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
        assert not any(np.array_equal(a, b) for a, b in zip(ours, others, strict=True))
        assert np.corrcoef(ours[0].ravel(), ours[1].ravel())[0, 1] < 0.95
        assert torch.equal(torch.get_rng_state(), state)

    def test_it_is_made_once(self, tmp_path, monkeypatch):
        folder = demo_dataset(tmp_path, 1)
        monkeypatch.setattr(module, "_template", lambda: pytest.fail("made again"))
        assert demo_dataset(tmp_path, 1) == folder

    def test_a_stop_half_way_leaves_nothing(self, tmp_path, monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(module, "_warp", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                demo_dataset(tmp_path, 1)
        assert list(tmp_path.iterdir()) == []
        assert len(volumes(demo_dataset(tmp_path, 1))) == 1


def test_a_subject_of_the_template_is_a_brain_that_preprocessing_takes(tmp_path):
    pytest.importorskip("nilearn", reason="the demo data set needs the demo extra")
    state = torch.get_rng_state()
    (path,) = find_volumes(demo_dataset(tmp_path, 1))
    assert torch.equal(torch.get_rng_state(), state)  # the first run's weights are those of the next
    image = nib.load(path)
    assert image.header.get_zooms() == (1, 1, 1)
    litres = (image.get_fdata() > 0).sum() * 1e-6
    assert 1.0 < litres < 3.0  # the ICBM152 brain has 1.9 litres; each axis is scaled by at most 1.1
    x = Preprocessing()(to_subject(path)).image.data
    assert (x[0, :8] == -1).all()  # skull-stripped: nothing but background in the margin


def test_without_nilearn_the_error_names_both_ways_out(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nilearn.datasets", None)
    with pytest.raises(ImportError, match=r"pip install \.\[demo\].*--dataset_dir DIR"):
        demo_dataset(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_data_set_needs_a_subject(tmp_path):
    with pytest.raises(ValueError, match="`subjects` must be at least 1, got 0"):
        demo_dataset(tmp_path, 0)
