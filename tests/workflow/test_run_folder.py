"""A run's folder is made once, and written by one process."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path
from socket import gethostname

import pytest

from monai_blurvae import __version__
from monai_blurvae.workflow import claim, new_run_folder
from monai_blurvae.workflow.run_record import record_end


def test_the_folder_is_made_by_its_name(tmp_path):
    folder = new_run_folder(str(tmp_path / "runs"), "l2-first")
    assert folder == str(tmp_path / "runs" / "l2-first")
    assert Path(folder).is_dir()


def test_an_existing_run_is_refused(tmp_path):
    folder = new_run_folder(str(tmp_path), "one")
    assert new_run_folder(str(tmp_path), "one") == folder  # nothing has run there yet
    Path(folder, "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileExistsError, match="a run is never written over, got 'one'"):
        new_run_folder(str(tmp_path), "one")


def test_a_run_that_stopped_before_its_first_checkpoint_begins_anew(tmp_path, recorded, capsys):
    (recorded / "model.pt").touch()
    assert new_run_folder(str(tmp_path), "run") == str(recorded)
    assert [path.name for path in recorded.iterdir()] == [".lock"]
    aside = tmp_path / "run.stopped1"
    assert {path.name for path in aside.iterdir()} == {"config.json", "environment.json", "model.pt"}
    assert f"begins anew; what it left is in {aside}" in capsys.readouterr().out


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_with_a_checkpoint_or_an_end_does_not_begin_anew(tmp_path, recorded, finished):
    if finished:
        record_end(str(recorded))
    else:
        (recorded / "checkpoint.pt").touch()
    with pytest.raises(FileExistsError, match="a run is never written over, got 'run'"):
        new_run_folder(str(tmp_path), "run")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/../../x", "/tmp/x", 3, None])
def test_a_name_that_leads_out_of_the_folder_of_runs_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"`run_name` must be the name of a folder in .*, got {name!r}"):
        new_run_folder(str(tmp_path / "runs"), name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "runs"])
def test_a_file_in_the_place_of_the_folder_of_runs_is_refused_by_name(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="`output_dir` must be a folder, or a new name below one"):
        new_run_folder(str(tmp_path / "file" / below), "run")


CLAIM = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import claim  # without the package, whose import takes seconds
try:
    claim.claim(Path(sys.argv[2]))
    print("mine", flush=True)
except BlockingIOError as error:
    print(error, flush=True)
if hasattr(os, "fork") and os.fork() == 0:  # a worker, which outlives the run
    print(len(claim._held), flush=True)
    time.sleep(5)
    os._exit(0)
time.sleep(60)
"""


@pytest.fixture
def start():
    """Start a process that claims a folder and keeps it."""
    processes = []

    def go(folder):
        command = [sys.executable, "-c", CLAIM, str(Path(claim.__file__).parent), str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        processes.append(process)
        return process

    yield go
    for process in processes:
        process.kill()
        process.stdout.close()
        process.wait()


def test_of_processes_started_at_once_one_has_the_folder_and_the_others_say_whose_it_is(tmp_path, start):
    folder = tmp_path / "one"
    folder.mkdir()
    started = [start(folder) for _ in range(3)]
    lines = {process.pid: process.stdout.readline().strip() for process in started}
    (owner,) = [process for process in started if lines[process.pid] == "mine"]
    said = rf"{folder} is in use by process {owner.pid} of .* on {gethostname()} since .*remove .*\.lock"
    assert all(re.match(said, line) for pid, line in lines.items() if pid != owner.pid)
    with pytest.raises(BlockingIOError, match=said):
        new_run_folder(str(tmp_path), "one")
    if hasattr(os, "fork"):
        assert owner.stdout.readline().strip() == "0"  # the worker holds nothing
    owner.kill()
    owner.wait()
    assert new_run_folder(str(tmp_path), "one") == str(folder)  # a killed run leaves no lock


def test_a_run_named_by_the_same_second_as_another_gets_a_number(tmp_path, start):
    folder = tmp_path / "l2-20260101-120000"
    folder.mkdir()
    assert start(folder).stdout.readline().strip() == "mine"
    Path(tmp_path, f"{folder.name}-2").mkdir()
    Path(tmp_path, f"{folder.name}-2", "config.json").touch()
    assert new_run_folder(str(tmp_path), folder.name) == f"{folder}-3"


def test_a_run_is_resumed_by_one_process_at_a_time(recorded, start):
    assert start(recorded).stdout.readline().strip() == "mine"
    with pytest.raises(BlockingIOError, match="is in use by process"):
        new_run_folder("unused", "unused", str(recorded))


def test_a_run_that_ended_gives_its_folder_up(recorded, start):
    new_run_folder("unused", "unused", str(recorded))
    assert (recorded / ".lock").read_text().startswith(f"process {os.getpid()} of ")
    record_end(str(recorded))
    assert (recorded / ".lock").read_text() == ""
    assert start(recorded).stdout.readline().strip() == "mine"


def test_a_file_system_without_locks_is_a_warning(tmp_path, monkeypatch, caplog):
    def none(file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(claim, "_lock", none)
    assert new_run_folder(str(tmp_path), "one") == str(tmp_path / "one")
    assert "one cannot be locked" in caplog.text


def test_resuming_takes_the_folder_up_and_refuses_what_is_no_run(tmp_path, recorded):
    assert new_run_folder("unused", "unused", str(recorded)) == str(recorded)
    with pytest.raises(FileNotFoundError, match="`resume` must be the folder of a run"):
        new_run_folder("unused", "unused", str(tmp_path))


@pytest.mark.parametrize("name", ["environment.json", "environment_resumed1.json"])
def test_resuming_a_run_of_another_version_is_refused_with_both_versions(recorded, name):
    (recorded / name).write_text('{"versions": {"monai-blurvae": "0.0.1"}}')
    said = rf"`resume` .* monai-blurvae {__version__} wrote.*, which monai-blurvae 0\.0\.1 wrote"
    with pytest.raises(ValueError, match=said):
        new_run_folder("unused", "unused", str(recorded))
