from pathlib import Path

import pytest

from monai_blurvae.data import find_subjects, find_volumes
from monai_blurvae.data.volumes.subjects import subject_name


def fill(folder: Path, names: list[str], touch) -> None:
    for name in names:
        touch(folder / name)


def test_a_flat_folder_is_split_80_20_by_subject_and_validation_comes_out_of_training(tmp_path, touch):
    fill(tmp_path, [f"{i:03d}.nii.gz" for i in range(10)], touch)
    parts = find_subjects(tmp_path)
    assert [len(part) for part in parts] == [6, 2, 2]  # 20 % of 10, then 20 % of 8 rounded
    assert sorted([*parts.train, *parts.val, *parts.test]) == find_volumes(tmp_path)


def test_the_seed_chooses_the_split(tmp_path, touch):
    fill(tmp_path, [f"{i:03d}.nii" for i in range(10)], touch)
    splits = [find_subjects(tmp_path, seed) for seed in range(20)]
    assert splits == [find_subjects(tmp_path, seed) for seed in range(20)]
    assert len({tuple(split.test) for split in splits}) > 5  # of 45 possible test pairs


def test_sessions_of_a_subject_stay_together(tmp_path, touch):
    fill(tmp_path, [f"sub-{i}_ses-{s}_T1w.nii.gz" for i in range(5) for s in (1, 2)], touch)
    for seed in range(10):
        parts = find_subjects(tmp_path, seed)
        names = [{subject_name(path) for path in part} for part in parts]
        assert [len(part) for part in parts] == [6, 2, 2]
        assert sum(map(len, names)) == len(set().union(*names)) == 5


def test_train_and_test_folders_are_kept_and_validation_is_held_out_of_train(tmp_path, touch):
    fill(tmp_path / "train", [f"{i}.nii.gz" for i in range(5)], touch)
    fill(tmp_path / "test", ["7.nii.gz"], touch)
    parts = find_subjects(tmp_path)
    assert parts.test == [tmp_path / "test" / "7.nii.gz"]
    assert sorted(parts.train + parts.val) == find_volumes(tmp_path / "train")
    assert len(parts.val) == 1


def test_bids_subjects_are_found_with_and_without_sessions_and_only_t1w(tmp_path, touch):
    names = [
        "sub-1/anat/sub-1_T1w.nii.gz",
        "sub-2/ses-a/anat/sub-2_ses-a_T1w.nii",
        "sub-3/anat/sub-3_T1w.nii.gz",
    ]
    others = ["a.json", "a.nii.txt", "._a.nii.gz"]
    fill(
        tmp_path,
        [*names, *others, "sub-1/anat/sub-1_T2w.nii.gz", "derivatives/sub-1/anat/sub-1_T1w.nii.gz"],
        touch,
    )
    assert find_volumes(tmp_path) == [tmp_path / name for name in names]
    assert [len(part) for part in find_subjects(tmp_path)] == [1, 1, 1]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(
        ValueError,
        match=f"`dataset_dir` must be a folder of skull-.* got {tmp_path / 'no'}, which is no folder",
    ):
        find_subjects(tmp_path / "no")


def test_an_empty_folder_is_named_with_the_layouts_accepted(tmp_path):
    with pytest.raises(ValueError, match=rf"`dataset_dir` must hold volumes .*BIDS.*got none in {tmp_path}"):
        find_subjects(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.nii", "b.nii"], r"at least 3 subjects .*got 2 in"),
        (["sub-1_ses-1_T1w.nii", "sub-1_ses-2_T1w.nii"], r"at least 3 subjects .*got 1 in"),
        (["train/a.nii", "test/b.nii"], "at least 2 subjects to split into training and validation, got 1"),
        (["train/a.nii", "train/b.nii"], "must hold a test folder beside"),
    ],
)
def test_too_few_subjects_and_a_train_folder_without_a_test_folder_are_refused(
    tmp_path, touch, names, message
):
    fill(tmp_path, names, touch)
    with pytest.raises(ValueError, match=message):
        find_subjects(tmp_path)
