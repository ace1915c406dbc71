import os
import pickle

import numpy as np
import pytest

from monai_blurvae.data import Picture, find_cifar10
from monai_blurvae.data.images.cifar10 import is_batch, read_batch
from tests.image_folders import write_batches, write_classes


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


@pytest.mark.parametrize("folder", [None, "none"])
def test_without_the_images_the_source_and_the_place_are_said(folder):
    with pytest.raises(ValueError, match=r"https://www.cs.toronto.edu.*`--dataset_dir DIR`; got"):
        find_cifar10(folder)


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
