import pytest

from monai_blurvae.data import Picture, find_images


def fill(folder, count, touch, suffix="jpg"):
    for number in range(count):
        touch(folder / f"{number:03d}.{suffix}")


def test_a_folder_is_split_80_20_and_validation_comes_out_of_training(tmp_path, touch):
    fill(tmp_path, 100, touch)
    parts = find_images(tmp_path)
    assert [len(part) for part in parts] == [76, 4, 20]  # 20 % of 100, then 5 % of 80
    everything = [picture for part in parts for picture in part]
    assert sorted(everything) == [Picture(path) for path in sorted(tmp_path.iterdir())]
    assert all(list(part) == sorted(part) for part in parts)


def test_the_seed_chooses_the_split(tmp_path, touch):
    fill(tmp_path, 30, touch)
    splits = [find_images(tmp_path, seed) for seed in range(5)]
    assert splits == [find_images(tmp_path, seed) for seed in range(5)]
    assert len({tuple(split.test) for split in splits}) == 5


def test_every_file_but_hidden_ones_counts_in_folders_too(tmp_path, touch):
    names = ["a.jpg", "cats/b.PNG", "cats/old/c.txt", ".DS_Store", ".cache/d.jpg"]
    for name in names:
        touch(tmp_path / name)
    found = {str(picture.path.relative_to(tmp_path)) for part in find_images(tmp_path) for picture in part}
    assert found == {"a.jpg", "cats/b.PNG", "cats/old/c.txt"}


def test_train_val_and_test_folders_are_kept(tmp_path, touch):
    for part in ("train", "val", "test"):
        touch(tmp_path / part / "cat" / f"{part}.png")
    assert [[picture.path.stem for picture in part] for part in find_images(tmp_path)] == [
        ["train"],
        ["val"],
        ["test"],
    ]


def test_validation_is_held_out_of_a_train_folder(tmp_path, touch):
    fill(tmp_path / "train", 40, touch)
    fill(tmp_path / "test", 3, touch)
    assert [len(part) for part in find_images(tmp_path)] == [38, 2, 3]


@pytest.mark.parametrize("folder", [None, "none"])
def test_a_missing_folder_says_what_is_wanted(tmp_path, folder):
    folder = folder and tmp_path / folder
    with pytest.raises(ValueError, match=r"`dataset_dir` must be the wanted; got .*no folder"):
        find_images(folder, wanted="the wanted")


def test_an_empty_folder_says_what_is_wanted(tmp_path, touch):
    touch(tmp_path / ".hidden")
    with pytest.raises(ValueError, match=r"`dataset_dir` must be the wanted; got .*no file"):
        find_images(tmp_path, wanted="the wanted")


def test_too_few_images_are_refused(tmp_path, touch):
    fill(tmp_path, 2, touch)
    with pytest.raises(ValueError, match=r"at least 3 images to split into .*, got 2"):
        find_images(tmp_path)


def test_a_train_folder_needs_a_test_folder(tmp_path, touch):
    fill(tmp_path / "train", 4, touch)
    with pytest.raises(ValueError, match="must hold a test folder beside"):
        find_images(tmp_path)


@pytest.mark.parametrize("name", ["held_out", "validation"])
def test_shares_must_leave_both_parts(tmp_path, name):
    with pytest.raises(ValueError, match=f"`{name}` must be in"):
        find_images(tmp_path, **{name: 1.0})
