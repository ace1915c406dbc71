import errno

import pytest

from monai_blurvae.atomic import replacing


def test_what_is_written_takes_the_place_of_the_file_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "file.txt"
    for content in ("old", "new"):
        with replacing(path) as partial:
            partial.write_text(content)
    assert path.read_text() == "new"
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def fill_the_disk(path):
    with replacing(path) as partial:
        partial.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_names_the_file_and_keeps_the_old_content(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(OSError, match=r"could not write file.txt in .*: .*No space left"):
        fill_the_disk(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_any_other_failure_passes_through_and_keeps_the_old_content(tmp_path):
    path = tmp_path / "file.txt"
    with pytest.raises(KeyboardInterrupt), replacing(path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
