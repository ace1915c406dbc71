"""Every command of the documentation can be typed: programs, modules, files, settings and values exist."""

import re
import tomllib
from ast import literal_eval
from functools import cache
from importlib.util import find_spec

import pytest
from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from monai_blurvae.workflow.cli import monai_command
from monai_blurvae.workflow.table import check_values, settings_of
from tests.pages import PYTHON, ROOT, commands, documentation, run_python_blocks

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMANDS = [(page, command) for page in documentation() for command in commands(page)]
WITH_PYTHON = [page for page in documentation() if PYTHON.search(page.read_text(encoding="utf-8"))]
OF_MONAI = {"config_file", "tracking", "tracking_uri", "help", "traceback"}
"""Options of MONAI's command, and ours that are no settings."""
KNOWN = {
    "pip",
    "python",
    "torchrun",
    "snakemake",
    "tensorboard",
    "sphinx-build",
    "ruff",
    "mypy",
    "lint-imports",
}
KNOWN |= {"pre-commit", "scripts/device_check.sh", "blurvae"}
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9]*\d?")
"""What the reader replaces: DIR, FILE, N."""
RUN = re.compile(r"(bundle/runs/\w+|RUN)/config\.json")
"""The configuration that a run leaves: train.json with the run's settings."""
IN_THE_REPOSITORY = (
    "configs/",
    "bundle/configs/",
    "bundle/models/",
    "docs/",
    "experiments/",
    "scripts/",
    "examples/",
)
WRITTEN = {"-o", "--picture", "--lines", ">"}
"""Options whose files the command makes, or adds to."""


def name_of(value):
    return value.relative_to(ROOT).as_posix() if not isinstance(value, list) else " ".join(value)[:60]


def options_of(words):
    """`--name value` and `--name=value`; an option that another option follows is true."""
    found = {}
    for word, after in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            name, is_given, value = word[2:].partition("=")
            found[name] = value if is_given else "True" if after.startswith("--") else after
    return found


@cache
def configuration(*paths):
    return ConfigParser.load_config_files(list(paths))


def check_bundle(words):
    """A command of MONAI's bundle: its files, its id, its settings, and their values."""
    assert words[0] == "run"
    run_id = "run" if words[1].startswith("--") else words[1]
    options = options_of(words)
    named = options["config_file"]
    files = literal_eval(named) if named.startswith("[") else [named]
    if files == ["FILE"]:
        return
    paths = [str(ROOT / ("bundle/configs/train.json" if RUN.fullmatch(file) else file)) for file in files]
    config = configuration(*paths)
    assert run_id in config
    values = {name: value for name, value in options.items() if name not in OF_MONAI}
    assert values.keys() <= config.keys()
    typed = {
        name: DefaultParseValue(value) for name, value in values.items() if not PLACEHOLDER.fullmatch(value)
    }
    check_values(settings_of(config["base_files"], config), {**config, **typed}, typed.__getitem__)


def check_pip(words):
    """Extras exist; what is installed beside is a plug-in by name."""
    assert words[0] == "install"
    for word in words[1:]:
        extras = re.fullmatch(r"\.\[(.+)\]", word)
        if extras:
            assert set(extras[1].split(",")) <= PROJECT["optional-dependencies"].keys()
        else:
            assert word in {"-c", "-e", "constraints.txt"} or word.startswith("snakemake-executor-plugin-")


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=name_of)
def test_a_command_can_be_typed(page, command):
    for before, word in zip(["", *command], command, strict=False):
        if word.startswith(IN_THE_REPOSITORY) and before not in WRITTEN and "_build" not in word:
            assert (ROOT / word).exists()
    program, *words = command
    assert program in KNOWN
    if program == "torchrun" or words[:2] == ["-m", "monai.bundle"]:
        check_bundle(words[words.index("monai.bundle") + 1 :])
    elif program == "blurvae" and words[0] != "init":
        overlays = [word for word in words[1:] if word.endswith(".yaml")]
        given = [str(ROOT / word) if word in overlays else word for word in words[1:]]
        stands_for = monai_command(words[0], given, ROOT / "bundle")
        check_bundle(stands_for[2:])
    elif program == "python" and words[0] == "-m":
        assert find_spec(words[1]) is not None
    elif program == "python":
        assert (ROOT / words[0]).is_file()
    elif program == "pip":
        check_pip(words)
    elif program == "snakemake":
        source = (ROOT / "experiments" / "Snakefile").read_text(encoding="utf-8")
        start = words.index("--config") + 1 if "--config" in words else len(words)
        names = {word.partition("=")[0] for word in words[start:] if not word.startswith("-")}
        own = set(re.findall(r"config(?:\.get\(|\.pop\(|\[)\"(\w+)\"", source))
        train = configuration(str(ROOT / "bundle" / "configs" / "train.json"))
        assert names <= own | train.keys() | {"brain", "xray", "cifar10"}


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_the_python_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    (tmp_path / "bundle").symlink_to(ROOT / "bundle")
    monkeypatch.chdir(tmp_path)
    run_python_blocks(page)


def test_the_readme_is_short_and_prints_the_test_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert re.search(r"<!-- test-command -->\n```bash\npip install .* && python -m pytest\n```", text)


def test_torch_and_torchvision_are_named_in_the_versions_of_the_constraints():
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    named = re.search(r"`(torch==\S+) (torchvision==\S+)`", (ROOT / "docs/start.md").read_text("utf-8"))
    assert set(named.groups()) <= set(pinned)
