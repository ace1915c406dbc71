import errno
import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from monai_blurvae import __version__, files
from monai_blurvae.files import (
    other_version,
    read_record,
    read_state,
    records,
    replacing,
    verify_gzip,
    write_arrays,
    write_json,
    write_state,
    write_text,
    written_by_another,
)


@pytest.mark.parametrize("name", ["file.txt", "volume.nii.gz"])
def test_what_is_written_replaces_the_file_and_leaves_nothing_beside_it(tmp_path, name):
    path = tmp_path / "new" / name
    for content in ("old", "new"):
        with replacing(path) as partial:
            partial.write_text(content)
            assert partial.name.endswith(name)  # libraries choose the format by it
            assert not path.exists() or path.read_text() == "old"
    assert path.read_text() == "new"
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_two_writers_of_one_file_do_not_share_a_temporary_file(tmp_path):
    with replacing(tmp_path / "a.txt") as one, replacing(tmp_path / "a.txt") as other:
        one.write_text("one")
        other.write_text("other")
    assert (tmp_path / "a.txt").read_text() == "one"  # the last to end


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


@pytest.mark.parametrize("error", [KeyboardInterrupt(), PermissionError(errno.EACCES, "denied", "other")])
def test_any_other_failure_passes_through_and_keeps_the_old_content(tmp_path, error):
    with pytest.raises(type(error)), replacing(tmp_path / "file.txt"):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_does_not_fit_on_the_disk_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    write_state(path, {"step": torch.tensor(1)})

    def full(state, file):
        file.write(b"part of a checkpoint")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", full)
        with pytest.raises(OSError, match=r"could not write checkpoint\.pt .*No space left on device"):
            write_state(path, {"step": torch.tensor(2)})
    assert torch.load(path, weights_only=True)["step"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_every_flipped_bit_of_a_state_is_noticed_or_changes_nothing(tmp_path):
    state = {"weight": torch.arange(6.0), "step": 3}
    write_state(tmp_path / "whole.pt", state)
    whole = (tmp_path / "whole.pt").read_bytes()
    at = whole.index(state["weight"].numpy().tobytes())
    damaged, messages = tmp_path / "damaged.pt", []
    for place in [*range(at, at + 24), *range(0, len(whole), 7)]:
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            read = read_state(damaged)
        except ValueError as error:
            messages.append(str(error))
        else:
            assert place not in range(at, at + 24)
            assert torch.equal(read["weight"], state["weight"])
            assert read["step"] == 3
    assert len(messages) > 24
    assert all(str(damaged) in message for message in messages)


def test_a_state_that_would_run_code_or_unpack_to_more_than_the_file_is_refused(tmp_path):
    class Code:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    torch.save({"weight": Code()}, tmp_path / "code.pt")
    with pytest.raises(ValueError, match=r"code\.pt must be a whole file of torch\.save"):
        read_state(tmp_path / "code.pt")
    assert not (tmp_path / "ran").exists()
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10_000_000))
    with pytest.raises(ValueError, match=r"bomb\.pt must be .*it claims to hold more than it does"):
        read_state(tmp_path / "bomb.pt")


def test_the_checksum_at_the_end_of_a_gzip_file_is_compared(tmp_path):
    whole = gzip.compress(bytes(3_000_000))
    (tmp_path / "a.gz").write_bytes(whole)
    (tmp_path / "a.nii").write_bytes(b"not packed")
    verify_gzip(tmp_path / "a.gz")
    verify_gzip(tmp_path / "a.nii")
    (tmp_path / "a.gz").write_bytes(whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])
    with pytest.raises(OSError, match="CRC"):
        verify_gzip(tmp_path / "a.gz")
    with pytest.raises(ValueError, match="must unpack to at most 1000 bytes, and unpacks to more"):
        verify_gzip(tmp_path / "a.gz", 1000)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_really_full_device_is_an_error_that_names_the_file(tmp_path, monkeypatch):
    """A Linux device that refuses every write stands in for the disk."""

    class Name:
        hex = "temporary000"

    monkeypatch.setattr(files, "uuid4", Name)
    (tmp_path / ".temporary000.checkpoint.pt").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"could not write checkpoint\.pt"):
        write_state(tmp_path / "checkpoint.pt", {"weights": torch.zeros(100_000)})
    assert list(tmp_path.iterdir()) == []


def test_text_json_and_arrays_are_read_back_as_they_were(tmp_path):
    write_text(tmp_path / "a.csv", "ä\r\n")
    assert (tmp_path / "a.csv").read_bytes() == "ä\r\n".encode()
    write_json(tmp_path / "a.json", {"ä": [1, None]})
    assert read_record(tmp_path / "a.json") == {"ä": [1, None]}
    write_arrays(tmp_path / "a.npz", {"x": np.arange(3)})
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["x"].tolist() == [0, 1, 2]


def test_the_latest_resumption_is_last_also_beyond_nine(tmp_path):
    names = ["config.json", *(f"config_resumed{number}.json" for number in range(1, 12))]
    for name in (*names, "config_resumed.json", "environment.json", "config_resumed1.json.part"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in records(tmp_path, "config.json")] == names


def test_a_folder_of_no_run_has_none(tmp_path):
    assert records(tmp_path / "nowhere", "config.json") == []


def test_another_version_is_named_and_this_one_is_not(tmp_path):
    assert other_version({"versions": {"monai-blurvae": __version__}}) is None
    assert other_version({"versions": {"monai-blurvae": "0.0.1"}}) == "monai-blurvae 0.0.1"
    for record in ({}, {"versions": None}, {"versions": {}}):
        assert other_version(record) == "monai-blurvae of an unknown version"
    assert written_by_another(tmp_path) is None


def test_one_part_of_another_version_makes_the_run_one_of_another(tmp_path):
    for name, version in (("environment.json", __version__), ("environment_resumed1.json", "0.0.1")):
        (tmp_path / name).write_text(json.dumps({"versions": {"monai-blurvae": version}}))
    assert written_by_another(tmp_path) == "monai-blurvae 0.0.1"


@pytest.mark.parametrize("content", ['{"cut', "[]", "[" * 100_000])
def test_a_record_cut_off_is_refused_by_name(tmp_path, content):
    (tmp_path / "environment.json").write_text(content)
    with pytest.raises(ValueError, match=r"environment\.json must be a run's record"):
        read_record(tmp_path / "environment.json")
