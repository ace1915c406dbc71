import os

import numpy as np
import pytest
import torch

from monai_blurvae.data import Preprocessing, VolumeCache, default_cache_dir, quantize, to_subject
from monai_blurvae.data.volumes import volume_cache as module
from tests.data.conftest import PATCH, brain, save
from tests.data.damage import flip


@pytest.fixture
def decoded(monkeypatch):
    """The files decoded so far."""
    files = []
    real = module.decode
    monkeypatch.setattr(module, "decode", lambda path, how: files.append(path) or real(path, how))
    return files


def test_a_cached_volume_is_the_preprocessed_one_slice_first_in_bytes(paths, preprocessing, tmp_path):
    cache = VolumeCache(paths, preprocessing, tmp_path / "cache")
    assert len(cache) == 3
    for path, volume in zip(paths, cache, strict=True):
        expected = quantize(preprocessing(to_subject(path)).image.data[0]).permute(2, 0, 1)
        np.testing.assert_array_equal(volume, expected)
        assert volume.dtype == np.uint8
        assert volume.flags.c_contiguous


def test_volumes_mapped_from_disk_hold_the_same_bytes(paths, preprocessing, tmp_path):
    loaded = VolumeCache(paths, preprocessing, tmp_path)
    mapped = VolumeCache(paths, preprocessing, tmp_path, in_memory=False)
    for ours, theirs in zip(loaded, mapped, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert isinstance(theirs.base, np.memmap)


def test_volumes_are_decoded_once_until_their_file_changes_or_is_touched(
    paths, preprocessing, tmp_path, decoded
):
    state = torch.get_rng_state()
    before = VolumeCache(paths, preprocessing, tmp_path)
    assert torch.equal(torch.get_rng_state(), state)
    save(brain(seed=9), paths[1])
    after = VolumeCache(paths[::-1], preprocessing, tmp_path)
    assert decoded == [*paths, paths[1]]
    assert not np.array_equal(before[1], after[1])
    np.testing.assert_array_equal(before[0], after[2])
    state = paths[0].stat()
    os.utime(paths[0], ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    VolumeCache(paths, preprocessing, tmp_path)
    assert decoded[4:] == paths[:1]


@pytest.mark.parametrize(
    "change", [{"orientation": "RAS"}, {"spacing": (1, 1, 1)}, {"percentile": 99.0}, {"margin": 3}]
)
def test_another_preprocessing_is_decoded_anew(paths, tmp_path, decoded, change):
    settings = {"min_size": PATCH, "margin": 2}
    VolumeCache(paths[:1], Preprocessing(**settings), tmp_path)
    VolumeCache(paths[:1], Preprocessing(**settings | change), tmp_path)
    assert decoded == [paths[0], paths[0]]


def test_a_full_disk_leaves_no_broken_volume(paths, preprocessing, tmp_path, monkeypatch):
    def write_half(path, volume):
        path.write_bytes(volume.tobytes()[:100])
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module.np, "save", write_half)
        with pytest.raises(OSError, match="No space left"):
            VolumeCache(paths, preprocessing, tmp_path / "cache")
    assert list((tmp_path / "cache" / "volumes").iterdir()) == []
    assert len(VolumeCache(paths, preprocessing, tmp_path / "cache")) == 3


def test_an_unfit_volume_is_named_and_the_ones_before_it_stay_decoded(
    paths, preprocessing, tmp_path, decoded
):
    paths[2].write_bytes(paths[2].read_bytes()[:5000])
    with pytest.raises(ValueError, match="sub-02_T1w"):
        VolumeCache(paths, preprocessing, tmp_path)
    VolumeCache(paths[:2], preprocessing, tmp_path)
    assert decoded == paths


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize(
    "damage",
    [
        lambda file: flip(file, 3),
        lambda file: file.write_bytes(file.read_bytes().replace(b"{", b"(")),
        lambda file: flip(file, 5000),
        lambda file: flip(file, -1),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:3000]),
        lambda file: file.write_bytes(file.read_bytes()[:-4]),
        lambda file: np.save(file, np.zeros((3, 4, 5))),
    ],
    ids=["header", "bracket", "content", "checksum", "empty", "truncated", "without checksum", "other"],
)
def test_a_damaged_volume_is_decoded_anew_with_one_line_and_once(
    paths, preprocessing, tmp_path, decoded, caplog, in_memory, damage
):
    whole = VolumeCache(paths, preprocessing, tmp_path)
    damage(whole.files[1])
    for line in (1, 0):
        caplog.clear()
        again = VolumeCache(paths, preprocessing, tmp_path, in_memory=in_memory)
        for ours, theirs in zip(again, whole, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        said = [record.message for record in caplog.records if record.levelname == "WARNING"]
        assert len(said) == line
        assert all(whole.files[1].name in message for message in said)
    assert decoded == [*paths, paths[1]]


def test_content_is_compared_when_it_is_first_read(paths, preprocessing, tmp_path, decoded):
    VolumeCache(paths, preprocessing, tmp_path)
    mapped = VolumeCache(paths, preprocessing, tmp_path, in_memory=False)
    flip(mapped.files[2], 5000)
    for _ in range(2):
        assert mapped[2][0, 0, 0] == 0
    assert decoded == [*paths, paths[2]]


def test_a_disk_that_does_not_keep_what_is_written_is_an_error(paths, preprocessing, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "add_checksums", lambda *_: None)
    with pytest.raises(OSError, match=r"sub-00.* differs when it is read back"):
        VolumeCache(paths, preprocessing, tmp_path)


@pytest.mark.slow
def test_several_processes_decode_the_same_volumes(paths, preprocessing, tmp_path):
    one = VolumeCache(paths, preprocessing, tmp_path / "one")
    two = VolumeCache(paths, preprocessing, tmp_path / "two", processes=2)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(one, two, strict=True))


def test_a_cache_needs_existing_files(tmp_path):
    with pytest.raises(ValueError, match="`paths` must name at least one volume"):
        VolumeCache([], cache_dir=tmp_path)
    with pytest.raises(ValueError, match=r"`paths` must name existing files, got .*none\.nii"):
        VolumeCache([tmp_path / "none.nii"], cache_dir=tmp_path)


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("MONAI_BLURVAE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_dir() == tmp_path / "monai_blurvae"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache_dir() == tmp_path / ".cache" / "monai_blurvae"
    monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(tmp_path / "own"))
    assert default_cache_dir() == tmp_path / "own"
