"""Settings are those that the configuration files know: a misspelt one is met before the first run."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from monai.bundle import ConfigParser

from monai_blurvae.files import did_you_mean


def check_names(names: Iterable[str], files: Iterable[Path], where: str) -> None:
    """Refuse settings whose id, up to the first `::`, stands in none of some configuration files.

    Args:
        names: names of settings, `epochs` or `train::dataset::batch_size`.
        files: the configuration files.
        where: what holds the settings, for the message.

    Raises:
        ValueError: an id is unknown (the message gives the nearest known one), or a file is unreadable.
    """
    known = list(dict.fromkeys(_id(key) for path in files for key in _content(path)))
    for name in names:
        if _id(name) not in known:
            hint = did_you_mean(_id(name), known)
            raise ValueError(f"{where} must be ids of the configuration files, got unknown `{name}`{hint}")


def _content(path: Path) -> Mapping[str, object]:
    try:
        content = ConfigParser.load_config_file(str(path))
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path} must be a configuration file, got {error}") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path} must be a configuration file, got {content!r}")
    return content


def _id(name: str) -> str:
    return re.split("::|#", name.lstrip("+"), maxsplit=1)[0]
