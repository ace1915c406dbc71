import os
import pickle

import numpy as np
import pytest

from monai_blurvae.data import Picture, find_celeba, find_celeba_hq, find_cifar10, find_images
from monai_blurvae.data.images.sources import is_batch, read_batch
from tests.image_folders import write_batches, write_classes


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


def test_every_file_but_hidden_ones_counts_in_folders_too(tmp_path, touch):
    names = ["a.jpg", "cats/b.PNG", "cats/old/c.txt", ".DS_Store", ".cache/d.jpg"]
    for name in names:
        touch(tmp_path / name)
    found = {str(picture.path.relative_to(tmp_path)) for part in find_images(tmp_path) for picture in part}
    assert found == {"a.jpg", "cats/b.PNG", "cats/old/c.txt"}


def test_train_val_and_test_folders_are_kept(tmp_path, touch):
    for part in ("train", "val", "test"):
        touch(tmp_path / part / "cat" / f"{part}.png")
    found = find_images(tmp_path)
    assert [[picture.path.stem for picture in part] for part in found] == [["train"], ["val"], ["test"]]


def test_validation_is_held_out_of_a_train_folder(tmp_path, touch):
    fill(tmp_path / "train", 40, touch)
    fill(tmp_path / "test", 3, touch)
    assert [len(part) for part in find_images(tmp_path)] == [38, 2, 3]


def test_an_empty_folder_says_what_is_wanted_and_too_few_images_are_refused(tmp_path, touch):
    touch(tmp_path / ".hidden")
    with pytest.raises(ValueError, match=r"`dataset_dir` must be the wanted; got .*no file"):
        find_images(tmp_path, wanted="the wanted")
    fill(tmp_path, 2, touch)
    with pytest.raises(ValueError, match=r"at least 3 images to split into .*, got 2"):
        find_images(tmp_path)


@pytest.mark.parametrize("name", ["held_out", "validation"])
def test_shares_must_leave_both_parts(tmp_path, name):
    with pytest.raises(ValueError, match=f"`{name}` must be in"):
        find_images(tmp_path, **{name: 1.0})


@pytest.mark.parametrize("named", ["img_align_celeba", "."])
def test_celeba_is_found_from_its_folder_or_the_one_above(tmp_path, touch, named):
    for number in range(10):
        touch(tmp_path / "img_align_celeba" / f"{number:06d}.jpg")
    touch(tmp_path / "list_attr_celeba.txt")
    assert find_celeba(tmp_path / named) == find_images(tmp_path / "img_align_celeba")
    assert find_celeba_hq(tmp_path / "img_align_celeba", 3) == find_images(tmp_path / "img_align_celeba", 3)


@pytest.mark.parametrize(
    ("find", "terms"),
    [
        (find_celeba, "https://.*non-commercial research"),
        (find_celeba_hq, "https://.*non-commercial research"),
        (find_cifar10, "https://www.cs.toronto.edu"),
    ],
)
@pytest.mark.parametrize("folder", [None, "none"])
def test_without_the_images_the_source_the_place_and_the_terms_are_said(find, terms, folder):
    with pytest.raises(ValueError, match=rf"{terms}.*`--dataset_dir DIR`; got .*no folder"):
        find(folder)


@pytest.mark.parametrize("named", ["cifar-10-batches-py", "."])
def test_the_distributed_batches_are_found_and_their_test_batch_tests(tmp_path, named):
    folder = tmp_path / "cifar-10-batches-py"
    write_batches(folder, each=8)
    parts = find_cifar10(tmp_path / named)
    assert [len(part) for part in parts] == [38, 2, 8]  # 5 % of 40 validate
    assert parts.test == [Picture(folder / "test_batch", row) for row in range(8)]
    assert len({picture.path for picture in parts.train}) == 5


def test_rows_of_a_batch_are_images_of_red_green_blue(tmp_path):
    levels = write_batches(tmp_path, each=3)
    for name, expected in (("data_batch_2", levels[1]), ("test_batch", levels[5])):
        images = [np.asarray(image).transpose(2, 0, 1) for image in read_batch(tmp_path / name)]
        np.testing.assert_array_equal(images, expected)


def test_a_folder_by_class_keeps_its_own_test_images(tmp_path):
    parts = find_cifar10(write_classes(tmp_path, train=20, test=4))
    assert [len(part) for part in parts] == [19, 1, 4]
    assert all("test" in picture.path.parts for picture in parts.test)
    assert not any(is_batch(picture.path) for part in parts for picture in part)


def test_missing_batches_are_named(tmp_path):
    write_batches(tmp_path, each=1)
    (tmp_path / "data_batch_3").unlink()
    with pytest.raises(ValueError, match=r"without data_batch_3$"):
        find_cifar10(tmp_path)


def test_a_truncated_batch_is_named(tmp_path):
    write_batches(tmp_path, each=2)
    path = tmp_path / "data_batch_4"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match=r"must hold whole batches, got .*data_batch_4"):
        find_cifar10(tmp_path)


@pytest.mark.parametrize("content", [{b"labels": []}, {b"data": np.zeros((2, 100), np.uint8)}, [1, 2]])
def test_another_pickle_is_no_batch(tmp_path, content):
    (tmp_path / "test_batch").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(ValueError, match="must hold whole batches"):
        read_batch(tmp_path / "test_batch")


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "harm"),)

    (tmp_path / "test_batch").write_bytes(pickle.dumps({b"data": Harm()}, protocol=2))
    with pytest.raises(ValueError, match="a batch holds no"):
        read_batch(tmp_path / "test_batch")
    assert not (tmp_path / "harm").exists()
