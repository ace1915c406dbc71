import errno
import os

import numpy as np
import pytest
from PIL import Image

from monai_blurvae.data.images.picture import read_image
from tests.image_folders import picture


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_an_image_is_read_as_it_was_written(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    picture(3).save(path)
    np.testing.assert_array_equal(np.asarray(read_image(path)), np.asarray(picture(3)))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("kept", [0.98, 0.5])
def test_a_truncated_image_is_broken(tmp_path, suffix, kept):
    path = tmp_path / f"a.{suffix}"
    picture(3).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ValueError, match=r"broken|not an image"):
        read_image(path)


@pytest.mark.parametrize("content", [b"", b"a note\n", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_image_is_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"broken|not an image"):
        read_image(tmp_path / "a.png")


def test_a_missing_file_is_broken(tmp_path):
    with pytest.raises(ValueError, match="broken"):
        read_image(tmp_path / "none.png")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO])
def test_a_file_that_the_system_cannot_read_now_is_not_called_broken(tmp_path, monkeypatch, number):
    def fail(path):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(OSError, match=r"a\.png"):
        read_image(tmp_path / "a.png")


def test_an_image_of_absurd_size_is_broken(tmp_path, monkeypatch):
    picture(0).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match="broken"):
        read_image(tmp_path / "a.png")
