from monai_blurvae.data import CentreSquare, ImageCache, find_images
from monai_blurvae.workflow.run_record import left_out
from tests.image_folders import write_faces


def test_what_the_data_set_leaves_out_is_counted_and_the_first_hundred_named(tmp_path):
    assert left_out(lambda files: files) == {}
    write_faces(tmp_path / "faces", 3)
    preprocessing = CentreSquare(16)
    assert left_out(ImageCache(find_images(tmp_path / "faces"), preprocessing, tmp_path)) == {}
    notes = [tmp_path / "faces" / f"note{number:03d}.txt" for number in range(101)]
    for path in notes:
        path.write_text("a note")
    cache = ImageCache(find_images(tmp_path / "faces"), preprocessing, tmp_path, bad_images="skip")
    assert left_out(cache) == {"count": 101, "names": [str(path) for path in notes[:100]]}
