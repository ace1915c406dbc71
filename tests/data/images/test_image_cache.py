import errno
import json
import logging
import os
import pickle

import numpy as np
import pytest
from PIL import Image

from monai_blurvae.data import CentreSquare, ImageCache, find_cifar10, find_images
from monai_blurvae.data.images import image_cache as module
from monai_blurvae.data.images.picture import read_image
from tests.data.damage import flip
from tests.image_folders import picture, write_batches, write_faces

SQUARE = CentreSquare(16, crop=148)


@pytest.fixture
def decoded(monkeypatch):
    """The files decoded so far."""
    files = []
    real = module.decode_file
    monkeypatch.setattr(module, "decode_file", lambda path, **how: files.append(path) or real(path, **how))
    return files


@pytest.fixture
def faces(tmp_path):
    write_faces(tmp_path / "faces", 6)
    return tmp_path / "faces"


def break_two(folder):
    """Make of six faces one truncated file and one that is a note."""
    (folder / "000002.jpg").write_bytes((folder / "000002.jpg").read_bytes()[:900])
    (folder / "000005.jpg").write_text("a note")


def test_rows_are_the_preprocessed_images_whatever_the_part(faces, tmp_path):
    split = find_images(faces)
    cache = ImageCache(split, SQUARE, tmp_path / "cache")
    for part in split:
        images = cache(part)
        assert images.levels.dtype == np.uint8
        expected = [SQUARE(read_image(path)) for path, _ in part]
        np.testing.assert_array_equal(images.levels[images.rows], expected)


def test_rows_of_a_batch_are_its_images(tmp_path):
    levels = write_batches(tmp_path / "batches", each=4)
    split = find_cifar10(tmp_path / "batches")
    images = ImageCache(split, CentreSquare(32), tmp_path)(split.test)
    np.testing.assert_array_equal(images.levels[images.rows], levels[5])
    images = ImageCache(split, CentreSquare(32), tmp_path)(split.train)
    names = [f"data_batch_{number}" for number in range(1, 6)]
    expected = [levels[names.index(path.name), row] for path, row in split.train]
    np.testing.assert_array_equal(images.levels[images.rows], expected)


def test_images_are_decoded_once_whatever_the_seed_of_the_split(faces, tmp_path, decoded):
    for seed in (0, 1):
        ImageCache(find_images(faces, seed), SQUARE, tmp_path / "cache")
    assert sorted(decoded) == sorted(faces.iterdir())


def test_images_mapped_from_disk_hold_the_same_bytes(faces, tmp_path):
    split = find_images(faces)
    loaded, mapped = (
        ImageCache(split, SQUARE, tmp_path, in_memory=choice).levels for choice in (True, False)
    )
    np.testing.assert_array_equal(loaded, mapped)
    assert isinstance(mapped.base, np.memmap)
    assert not isinstance(loaded.base, np.memmap)


@pytest.mark.parametrize("change", ["touched", "added", "crop"])
def test_any_change_is_decoded_anew(faces, tmp_path, decoded, change):
    ImageCache(find_images(faces), SQUARE, tmp_path)
    before, square = len(decoded), SQUARE
    if change == "touched":
        os.utime(faces / "000003.jpg", ns=(1, 1))
    elif change == "added":
        picture(9).save(faces / "000009.jpg")
    else:
        square = CentreSquare(16, crop=64)
    ImageCache(find_images(faces), square, tmp_path)
    assert len(decoded) == before + len(list(faces.iterdir()))


def test_unusable_files_are_refused_counted_and_named_with_the_reason(faces, tmp_path, decoded):
    break_two(faces)
    picture(0, 100, 100).save(faces / "000006.jpg")
    picture(0, mode="L").save(faces / "000001.jpg")
    (faces / "000007.jpg").symlink_to(tmp_path / "nowhere")
    split = find_images(faces)
    for _ in range(2):  # and the second time at once
        with pytest.raises(ValueError, match=r"got 5 of 7 files .*`--decode::bad_images skip`") as error:
            ImageCache(split, SQUARE, tmp_path / "cache")
    for reason in (
        r"000001.jpg: colours are L, not RGB",
        r"`--decode::preprocessing::colours convert`",
        r"000002.jpg: broken",
        r"000005.jpg: not an image",
        r"000006.jpg: smaller than 148x148 pixels: 100x100",
        r"000007.jpg: broken",
    ):
        assert reason in str(error.value)
    assert len(decoded) == 7


def test_unusable_files_are_left_out_with_a_warning_where_asked(faces, tmp_path, caplog):
    break_two(faces)
    split = find_images(faces)
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            cache = ImageCache(split, SQUARE, tmp_path / "cache", bad_images="skip")
        assert "Leaving out 2 of 6 files" in caplog.text
        assert "000002.jpg: broken" in caplog.text
        assert "000005.jpg: not an image" in caplog.text
    everything = [image for part in split for image in part]
    broken = [image for image in everything if image.path.stem == "000002"]
    with pytest.raises(ValueError, match="must leave a usable image in every part, got none among 1"):
        cache(broken)
    usable = [image for image in everything if image.path.stem not in {"000002", "000005"}]
    images = cache(everything)
    expected = [SQUARE(read_image(path)) for path, _ in usable]
    np.testing.assert_array_equal(images.levels[images.rows], expected)


def test_a_long_list_of_unusable_files_is_whole_in_the_file_named(tmp_path):
    write_faces(tmp_path / "faces", 3)
    for number in range(15):
        (tmp_path / "faces" / f"note{number:02d}.txt").write_text("a note")
    with pytest.raises(ValueError, match=r"and 5 more, named in .*\.json") as error:
        ImageCache(find_images(tmp_path / "faces"), SQUARE, tmp_path / "cache")
    (listed,) = (tmp_path / "cache" / "images").glob("*.json")
    assert str(listed) in str(error.value)
    assert len(json.loads(listed.read_text())) == 15
    for face in (tmp_path / "faces").glob("*.jpg"):
        face.unlink()
    with pytest.raises(ValueError, match="got 15 of 15 files"):  # nothing to go on with
        ImageCache(find_images(tmp_path / "faces"), SQUARE, tmp_path / "cache", bad_images="skip")
    with pytest.raises(ValueError, match="`bad_images` must be 'refuse' or 'skip', got 'keep'"):
        ImageCache(find_images(tmp_path / "faces"), SQUARE, tmp_path / "cache", bad_images="keep")


@pytest.mark.parametrize("bad_images", ["refuse", "skip"])
def test_a_file_that_cannot_be_read_now_is_not_remembered_as_broken(faces, tmp_path, monkeypatch, bad_images):
    def shut(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    split = find_images(faces)
    with monkeypatch.context() as patched:
        patched.setattr(Image, "open", shut)
        with pytest.raises(PermissionError, match=r"000001\.jpg"):
            ImageCache(split, SQUARE, tmp_path / "cache", bad_images=bad_images)
    assert ImageCache(split, SQUARE, tmp_path / "cache").bad == {}


def test_a_stop_half_way_leaves_nothing(faces, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "decode_file", full)
        with pytest.raises(OSError, match="No space left"):
            ImageCache(find_images(faces), SQUARE, tmp_path / "cache")
    assert list((tmp_path / "cache" / "images").iterdir()) == []
    assert len(ImageCache(find_images(faces), SQUARE, tmp_path / "cache").levels) == 6


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("file", lambda file: flip(file, 3)),
        ("file", lambda file: file.write_bytes(file.read_bytes()[:3000])),
        ("file", lambda file: file.write_bytes(file.read_bytes()[:-28])),
        ("file", lambda file: flip(file, -1)),
        ("bad_file", lambda file: flip(file, 20)),
        ("bad_file", lambda file: file.write_text("[]")),
    ],
    ids=["header", "truncated", "without checksums", "checksum", "names", "no names"],
)
def test_a_damaged_array_is_decoded_anew_with_one_line_and_once(
    faces, tmp_path, decoded, caplog, in_memory, name, damage
):
    break_two(faces)
    split = find_images(faces)
    whole = ImageCache(split, SQUARE, tmp_path / "cache", bad_images="skip")
    damage(getattr(whole, name))
    for line in (1, 0):
        caplog.clear()
        again = ImageCache(split, SQUARE, tmp_path / "cache", in_memory, bad_images="skip")
        np.testing.assert_array_equal(again.levels, whole.levels)
        said = [record.message for record in caplog.records if "is damaged" in record.message]
        assert len(said) == line
    assert len(decoded) == 12


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("place", [1000, -2 * 4])
def test_a_damaged_image_is_decoded_anew_when_it_is_first_read(
    faces, tmp_path, decoded, caplog, in_memory, place
):
    split = find_images(faces)
    whole = ImageCache(split, SQUARE, tmp_path / "cache")
    flip(whole.file, place)
    for line in (1, 0):
        caplog.clear()
        cache = ImageCache(split, SQUARE, tmp_path / "cache", in_memory)
        for part, before in ((part, whole(part)) for part in split):
            images = cache(part)
            for _ in range(2):
                np.testing.assert_array_equal(images.levels[images.rows], before.levels[before.rows])
        assert len([record for record in caplog.records if "it is damaged" in record.message]) == line
    assert len(decoded) == 7


def test_a_damaged_image_is_mended_in_a_copy_of_the_array(faces, tmp_path):
    train = find_images(faces).train
    whole = ImageCache(find_images(faces), SQUARE, tmp_path / "cache")
    for row in range(6):
        flip(whole.file, -(row + 1) * 16 * 16 * 3)
    cache = ImageCache(find_images(faces), SQUARE, tmp_path / "cache", in_memory=False)
    images = pickle.loads(pickle.dumps(cache(train)))  # as a worker process gets it
    before = whole(train)
    np.testing.assert_array_equal(images.levels[images.rows], before.levels[before.rows])


def test_a_failing_disk_of_the_images_is_no_fault_of_the_cache(faces, tmp_path, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(module, "read_image", fail)
    with pytest.raises(OSError, match=r"Input/output error: .*00000\d\.jpg") as error:
        ImageCache(find_images(faces), SQUARE, tmp_path / "cache")
    assert "could not write" not in str(error.value)


def test_an_image_that_cannot_be_decoded_any_more_is_named(faces, tmp_path):
    split = find_images(faces)
    cache = ImageCache(split, SQUARE, tmp_path / "cache", in_memory=False)
    flip(cache.file, 1000)
    for path in faces.iterdir():
        path.write_text("a note")
    with pytest.raises(ValueError, match=r"must hold usable images, got .*\.jpg: not an image"):
        [cache(part).levels[cache(part).rows] for part in split]


@pytest.mark.slow
def test_several_processes_decode_the_same_images(tmp_path):
    write_faces(tmp_path / "faces", 70)
    split = find_images(tmp_path / "faces")
    one = ImageCache(split, SQUARE, tmp_path / "one").levels
    np.testing.assert_array_equal(ImageCache(split, SQUARE, tmp_path / "two", processes=2).levels, one)
