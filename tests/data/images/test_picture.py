import errno
import os

import numpy as np
import pytest
from PIL import Image

from monai_blurvae.data import CentreSquare
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


def levels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).reshape(image.height, image.width, -1).transpose(2, 0, 1)


def test_a_crop_of_the_size_asked_for_is_the_middle_of_the_image():
    image = picture(1)
    expected = levels(image)[:, 77:141, 57:121]  # (218 - 64) / 2 and (178 - 64) / 2
    np.testing.assert_array_equal(CentreSquare(64, crop=64)(image), expected)
    small = picture(1, 32, 32)
    np.testing.assert_array_equal(CentreSquare(32)(small), levels(small))


@pytest.mark.parametrize(("crop", "box"), [(148, (15, 35, 163, 183)), (None, (0, 20, 178, 198))])
def test_a_larger_square_is_resized_without_aliasing(crop, box):
    """Of a checkerboard of single pixels nothing is left but its mean, 127.5."""
    board = np.indices((218, 178)).sum(axis=0) % 2 * 255
    image = Image.fromarray(np.repeat(board[..., None], 3, axis=2).astype(np.uint8))
    image.paste((0, 0, 0), (0, 0, 178, box[1]))  # outside the square, black
    result = CentreSquare(32, crop=crop)(image)
    assert result.shape == (3, 32, 32)
    assert np.abs(result[:, 1:].astype(float) - 127.5).max() < 16


def test_a_linear_gradient_stays_one():
    ramp = np.broadcast_to(np.arange(128, dtype=np.uint8)[:, None, None], (128, 128, 3))
    result = CentreSquare(32)(Image.fromarray(np.ascontiguousarray(ramp)))
    # pixel i averages the rows about its centre, 4 i + 1.5; at the borders the average is one-sided
    np.testing.assert_allclose(result[0, 2:-2, 5], (4 * np.arange(32) + 1.5)[2:-2], atol=0.51)


@pytest.mark.parametrize(("mode", "channels"), [("L", 3), ("RGBA", 3), ("P", 3), ("RGB", 1)])
def test_other_colours_are_refused_or_converted(mode, channels):
    image = picture(2, 32, 32, mode)
    with pytest.raises(ValueError, match=f"colours are {mode}, not .*`colours` is 'refuse'"):
        CentreSquare(32, channels=channels)(image)
    converted = CentreSquare(32, channels=channels, colours="convert")(image)
    assert converted.shape == (channels, 32, 32)


def test_grey_values_are_repeated_and_colours_weighed():
    grey = picture(2, 32, 32, "L")
    converted = CentreSquare(32, colours="convert")(grey)
    np.testing.assert_array_equal(converted, np.repeat(levels(grey), 3, axis=0))
    red = Image.new("RGB", (32, 32), (255, 0, 0))
    assert (CentreSquare(32, channels=1, colours="convert")(red) == 76).all()  # ITU-R 601: 0.299 x 255


@pytest.mark.parametrize("mode", ["I", "F", "I;16"])
def test_more_than_eight_bits_are_never_clipped(mode):
    with pytest.raises(ValueError, match=f"colours are {mode}, not RGB"):
        CentreSquare(32, colours="convert")(Image.new(mode, (32, 32), 1000))


@pytest.mark.parametrize(("crop", "size"), [(None, (63, 80)), (148, (178, 147))])
def test_a_smaller_image_is_refused(crop, size):
    with pytest.raises(ValueError, match=rf"smaller than {crop or 64}x.*: {size[0]}x{size[1]}"):
        CentreSquare(64, crop=crop)(picture(0, *size))


@pytest.mark.parametrize(
    ("argument", "value"), [("image_size", 0), ("crop", 63), ("channels", 2), ("colours", "maybe")]
)
def test_settings_out_of_range_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must"):
        CentreSquare(**{"image_size": 64, argument: value})
