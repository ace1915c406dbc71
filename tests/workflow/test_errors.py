"""A command that fails or is interrupted ends in one sentence."""

import subprocess
import sys

import pytest
from monai.transforms import Compose

from monai_blurvae.workflow.errors import interrupted, last_words, root_cause

RAISED = """
from monai.bundle import ConfigParser
parser = ConfigParser(
    {"traceback": %(traceback)s, "run": ["$room.explain_errors()", %(call)r]},
    globals={"room": "monai_blurvae.workflow"},
)
parser.get_parsed_content("run")
"""


def ended(call: str, traceback: bool = False) -> tuple[int, str]:
    code = RAISED % {"call": call, "traceback": traceback}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    return done.returncode, done.stderr.strip()


def test_a_users_error_is_one_sentence():
    assert ended("$float('x')") == (1, "ValueError: could not convert string to float: 'x'")


def test_traceback_shows_the_calls_as_well():
    status, said = ended("$float('x')", traceback=True)
    assert status == 1
    assert "Traceback" in said
    assert said.splitlines()[-1] == "ValueError: could not convert string to float: 'x'"


def test_the_cause_of_a_transforms_failure_is_found():
    with pytest.raises(RuntimeError, match="applying transform") as error:
        Compose([Compose([float])])("x")
    assert str(root_cause(error.value)) == "could not convert string to float: 'x'"


def test_a_fault_of_the_code_shows_its_calls():
    status, said = ended("$None.nothing")
    assert status == 1
    assert "Traceback" in said
    assert said.splitlines()[-1].startswith("AttributeError: 'NoneType'")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.\nmore"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
        MemoryError("Unable to allocate 954. GiB for an array"),
    ],
)
def test_lack_of_memory_names_what_the_command_has(error):
    said = last_words(
        error, {"batch_size": 4, "image_size": 64, "virtual_coils": None, "cache_in_memory": True}
    )
    assert said is not None
    assert said.startswith("`batch_size`, `image_size`, images and model must fit into memory")
    assert "smaller, or pass --cache_in_memory False (" in said
    assert "\n" not in said
    assert last_words(error, {}).startswith(
        "images and model must fit into memory: make one of them smaller ("
    )


def test_an_interrupted_command_ends_with_the_code_of_the_signal():
    status, said = ended("$(_ for _ in ()).throw(KeyboardInterrupt)")
    assert (status, said) == (130, "Interrupted before anything was written.")


def test_an_interrupted_run_says_what_is_kept_and_how_to_go_on(tmp_path):
    (tmp_path / "config.json").touch()
    assert "the same command with --run_name begins it anew" in interrupted(str(tmp_path))
    for name in ("checkpoint.pt", "config_resumed1.json"):
        (tmp_path / name).touch()
    said = interrupted(str(tmp_path))
    assert f"{tmp_path / 'checkpoint.pt'} is kept" in said
    assert f"--config_file {tmp_path / 'config_resumed1.json'} --resume {tmp_path}" in said
