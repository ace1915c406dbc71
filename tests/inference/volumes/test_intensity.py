import pytest
import torch
from monai.data import MetaTensor

from monai_blurvae.inference import BrainIntensityd, RestoreIntensityd


def _item(values):
    return {"image": MetaTensor(torch.tensor(values)[None], meta={"filename_or_obj": "sub-01.nii"})}


def test_the_brains_percentile_becomes_one_and_background_minus_one():
    # the median of the non-zero values 1, 2, 3 is 2: x = 2 v / 2 - 1, clipped at 1
    given = _item([0.0, 0.0, 1.0, 2.0, 3.0])
    item = BrainIntensityd("image", percentile=50)(given)
    assert given["image"].tolist() == [[0.0, 0.0, 1.0, 2.0, 3.0]]
    assert "brain_percentile" not in given["image"].meta
    assert item["image"].tolist() == [[-1.0, -1.0, 0.0, 1.0, 1.0]]
    assert item["image"].meta["brain_percentile"] == 2


def test_restoring_undoes_the_normalisation_with_the_originals_percentile():
    item = BrainIntensityd("image", percentile=100)(_item([0.0, 1.0, 2.0, 8.0]))
    item["pred"] = torch.tensor([[-1.0, 0.0, 1.0]])
    restored = RestoreIntensityd(["image", "pred"])(item)
    assert restored["image"].tolist() == [[0.0, 1.0, 2.0, 8.0]]
    assert restored["pred"].tolist() == [[0.0, 4.0, 8.0]]  # p = 8


def test_a_volume_without_brain_and_one_that_was_never_normalised_are_refused():
    with pytest.raises(ValueError, match=r"must hold non-zero voxels.*sub-01\.nii"):
        BrainIntensityd("image")(_item([0.0, 0.0]))
    with pytest.raises(ValueError, match=r"`orig_keys` must name images .*, got 'image'"):
        RestoreIntensityd("image")(_item([0.0, 1.0]))
