"""`blurvae`: short names for the commands of the documentation. It prints the MONAI command that it runs."""

import argparse
import runpy
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from monai_blurvae import __version__
from monai_blurvae.files import did_you_mean
from monai_blurvae.workflow.bundle_root import bundle_root
from monai_blurvae.workflow.init import main as write_bundle
from monai_blurvae.workflow.table import help_text, settings_of


class Command(NamedTuple):
    """What a short name stands for."""

    help: str
    run_id: tuple[str, ...]
    """Argument of `monai.bundle run`, if it needs one."""
    files: tuple[str, ...]
    """Configuration files of the bundle."""


COMMANDS = {
    "train": Command("train a model", ("training",), ("train.json",)),
    "infer": Command("reconstruct volumes with a trained model", (), ("inference.json",)),
    "reconstruct": Command("reconstruct k-space with a prior", ("reconstruct",), ("reconstruct.json",)),
}
USAGE = """usage: blurvae COMMAND [OVERLAY.yaml ...] [--SETTING VALUE ...]

  init DIR       write the bundle, its weights and the overlays into a folder
  settings       print the settings of training; `blurvae COMMAND --help`: of a command
{commands}

Run it in the folder that holds bundle/, or in the bundle. It prints the MONAI command that it stands for."""


def monai_command(name: str, arguments: Sequence[str], bundle: Path) -> list[str]:
    """Give the arguments of `python` that a short name stands for.

    Args:
        name: a key of `COMMANDS`, or "settings".
        arguments: overlays, then settings as MONAI takes them.
        bundle: the bundle's folder.

    Returns:
        `-m monai.bundle run ...`.

    Raises:
        ValueError: If the name is unknown, or an overlay does not exist.
    """
    if name == "settings":
        name, arguments = "train", [*arguments, "--help"]
    if name not in COMMANDS:
        known = ["init", "settings", *COMMANDS]
        hint = did_you_mean(name, known)
        raise ValueError(f"`blurvae` must be followed by one of {', '.join(known)}, got {name!r}{hint}")
    command, overlays = COMMANDS[name], list[str]()
    while len(overlays) < len(arguments) and not arguments[len(overlays)].startswith("-"):
        overlays.append(arguments[len(overlays)])
    for overlay in overlays:
        if not Path(overlay).is_file():
            raise ValueError(
                f"`blurvae {name}` must be followed by overlays, then --NAME VALUE, got no file {overlay!r}"
            )
    files = [*((bundle / "configs" / file).as_posix() for file in command.files), *overlays]
    listed = files[0] if len(files) == 1 else "[" + ",".join(f"'{file}'" for file in files) + "]"
    options = arguments[len(overlays) :]
    return ["-m", "monai.bundle", "run", *command.run_id, "--config_file", listed, *options]


def check_files(command: Sequence[str]) -> None:
    """Refuse configuration files that MONAI cannot read: it would end in a stack of calls.

    Args:
        command: arguments of `python`, as `monai_command` gives them.

    Raises:
        ValueError: If a file is not JSON or YAML or holds no mapping, or a `%` refers to what is not there.
    """
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--config_file")
    named = DefaultParseValue(options.parse_known_args(command)[0].config_file)
    files = named if isinstance(named, list) else str(named).split(",")
    try:
        for file in files:
            content = ConfigParser.load_config_file(file)
            if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
                raise ValueError(f"{content!r:.60}")
        ConfigParser(ConfigParser.load_config_files(files)).parse()  # which evaluates nothing
    except Exception as error:  # of the parsers, of the disk, of MONAI
        raise ValueError(
            f"{file} must be JSON or YAML of settings by name, in which every `%` refers to something, "
            f"got {' '.join(str(error).split())}"
        ) from error


def settings_text(command: Command, bundle: Path) -> str:
    """Print the settings of a command, two lines each."""
    config = ConfigParser.load_config_files([str(bundle / "configs" / file) for file in command.files])
    return help_text(settings_of(command.files, config))


def find_bundle() -> Path:
    """Find the bundle from the current folder.

    Returns:
        Its folder, relative.

    Raises:
        FileNotFoundError: If neither the current folder nor bundle/ in it is one.
    """
    folder = Path(bundle_root())
    if not (folder / "configs" / "train.json").is_file():
        raise FileNotFoundError(
            f"the current folder must be the bundle or hold bundle/, got {Path.cwd()}: "
            "`blurvae init DIR` writes one"
        )
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: words after `blurvae`; None: of the command line.

    Returns:
        The exit code, where MONAI's command does not set it.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help"}:
        listed = "".join(f"  {name:<14} {command.help}\n" for name, command in COMMANDS.items())
        sys.stdout.write(USAGE.format(commands=listed.rstrip()) + "\n")
        return 0
    name, rest = words[0], words[1:]
    if name == "--version":
        sys.stdout.write(f"monai-blurvae {__version__}\n")
        return 0
    try:
        if name == "init":
            return write_bundle(rest)
        bundle = find_bundle()
        command = monai_command(name, rest, bundle)
        if "--help" in command:  # MONAI would warn of what it may execute; here nothing is
            sys.stdout.write(settings_text(COMMANDS.get(name, COMMANDS["train"]), bundle) + "\n")
            return 0
        check_files(command)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    words = [f'"{word}"' if word.startswith("[") else shlex.quote(word) for word in command]
    sys.stdout.write(f"+ python {' '.join(words)}\n")
    sys.stdout.flush()
    sys.argv = ["monai.bundle", *command[2:]]
    runpy.run_module("monai.bundle", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
