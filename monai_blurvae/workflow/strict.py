"""Refuse configuration keys that nothing reads: MONAI ignores a misspelt override in silence."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

TARGET = "_target_"
BASE_FILES = "base_files"
"""The id under which every configuration file of the bundle enters its own name."""


def configuration_in_use() -> ConfigParser:
    """Find the parser that is evaluating the calling expression (MONAI hands none to expressions).

    Returns:
        The innermost `ConfigParser` on the call stack.

    Raises:
        RuntimeError: no parser is on the call stack.
    """
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, ConfigParser):
            return owner
        frame = frame.f_back
    raise RuntimeError("`configuration_in_use` must be called from an expression of a MONAI configuration.")


def _unknown(
    config: Mapping[str, Any], base: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Yield each id of `config` that `base` lacks, with the ids that stand there instead."""
    for key, value in config.items():
        if key not in base:
            yield f"{path}{key}", [f"{path}{known}" for known in base if not known.startswith("_")]
            continue
        known = base[key]
        # A component's arguments are its constructor's to check, wherever they were not the base's.
        if isinstance(value, Mapping) and isinstance(known, Mapping) and TARGET not in value:
            yield from _unknown(value, known, f"{path}{key}::")


def refuse_unknown_keys(bundle_root: str, files: Sequence[str] | None = None) -> None:
    """Refuse ids, from overlays or the command line, that the bundle's own configuration does not define.

    What defines them are the bundle's files that take part in this run; each names itself under `base_files`.
    A component (a dictionary with `_target_`) may be given any argument: its constructor refuses others.

    Args:
        bundle_root: the bundle's folder; its `configs/` holds the base files.
        files: names of the base files; by default those that the configuration in use names.

    Raises:
        ValueError: some ids are unknown; each is named with the nearest known one.
        FileNotFoundError: a base file is missing from `bundle_root`/configs.
    """
    parser = configuration_in_use()
    config = {key: value for key, value in parser.get().items() if key != ConfigParser.meta_key}
    names = list(config.get(BASE_FILES, {})) if files is None else list(files)
    paths = [Path(bundle_root, "configs", name) for name in names]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(
                f"`bundle_root` must be the bundle's folder, with configs/{path.name} in it, "
                f"got {bundle_root!r}: start in that folder or the one above, or pass --bundle_root."
            )
    base = ConfigParser.load_config_files([str(path) for path in paths])
    problems = []
    for unknown, candidates in _unknown(config, base):
        nearest = get_close_matches(unknown, candidates, n=1, cutoff=0.4)
        problems.append(f"`{unknown}`" + (f" (did you mean `{nearest[0]}`?)" if nearest else ""))
    if problems:
        raise ValueError(
            f"configuration keys must be defined in {', '.join(names)}, got unknown {', '.join(problems)}."
        )
