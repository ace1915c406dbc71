"""Refuse configuration keys that nothing reads, which MONAI ignores without a message, and unfit values."""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from pydoc import locate
from typing import Any

from monai.bundle import ComponentLocator, ConfigParser
from monai.bundle.utils import DEFAULT_EXP_MGMT_SETTINGS

from monai_blurvae.files import did_you_mean
from monai_blurvae.training import choose_device
from monai_blurvae.workflow.caller import given_as_none, on_the_stack
from monai_blurvae.workflow.table import EVALUATED, check_values, help_text, refuse_dropped, settings_of

TARGET = "_target_"
BASE_FILES = "base_files"
"""A group of ids. Every configuration file of the bundle adds its own name to it."""
EXTRA = "extra"
"""The group for the user's own ids. Ids that start with an underscore are the user's, too."""
TRACKING = {name for settings in DEFAULT_EXP_MGMT_SETTINGS.values() for name in settings["configs"]}
"""Top-level ids that MONAI itself adds with `--tracking`."""
SWITCHES = ("help", "traceback")
"""Options that are no settings: print the settings; show where an error came from."""


def configuration_in_use() -> ConfigParser:
    """Find the parser that is evaluating the calling expression.

    Returns:
        The innermost `ConfigParser` on the call stack.

    Raises:
        RuntimeError: no parser is on the call stack.
    """
    parser = on_the_stack(ConfigParser)
    if parser is None:
        raise RuntimeError(
            "`configuration_in_use` must be called from an expression of a MONAI configuration."
        )
    return parser


def arguments_of(target: str) -> set[str] | None:
    """List the arguments that a component takes.

    Args:
        target: a `_target_`: a dotted path, or the name of a component of MONAI.

    Returns:
        The names; None if it takes any argument, or if the target does not exist.
    """
    component = locate(
        target if "." in target else str(ComponentLocator().get_component_module_name(target)) + f".{target}"
    )
    if not callable(component):
        return None
    constructors = (
        [kind.__init__ for kind in component.__mro__] if inspect.isclass(component) else [component]
    )
    names: set[str] = set()
    for constructor in constructors:
        parameters = inspect.signature(constructor).parameters.values()
        names.update(parameter.name for parameter in parameters)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            return names
    return None


def _unknown(
    config: Mapping[str, Any], base: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Yield each id of `config` that neither `base` nor a component defines, with the ids that do exist."""
    for key, value in config.items():
        if key.startswith("_") or f"{path}{key}" == EXTRA:
            continue
        if key not in base:
            yield f"{path}{key}", [f"{path}{known}" for known in base if not known.startswith("_")]
        elif isinstance(value, Mapping) and isinstance(value.get(TARGET), str):
            taken = arguments_of(value[TARGET])
            for name in value:
                if taken is not None and name not in taken and not name.startswith("_"):
                    yield f"{path}{key}::{name}", [f"{path}{key}::{known}" for known in taken]
        elif isinstance(value, Mapping) and isinstance(base[key], Mapping):
            yield from _unknown(value, base[key], f"{path}{key}::")


def _texts(config: Mapping[str, Any], base: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Describe each id of `config` that holds plain text where `base` has a number."""
    for key, value in config.items():
        number = base.get(key)
        if isinstance(value, Mapping) and isinstance(number, Mapping):
            yield from _texts(value, number, f"{path}{key}::")
        elif isinstance(number, int | float) and isinstance(value, str) and not value.startswith(EVALUATED):
            kind = "true or false" if isinstance(number, bool) else "a number"
            yield f"`{path}{key}` must be {kind}, got the text {value!r}"


def require_file(name: str) -> None:
    """Refuse a configuration file that was started without the file it belongs on top of.

    Args:
        name: the file that is needed, as it names itself under `base_files`.

    Raises:
        ValueError: the configuration in use does not contain that file.
    """
    loaded = list(configuration_in_use().get(BASE_FILES, {}))
    if name not in loaded:
        raise ValueError(
            f"`config_file` must name {name}, or the config.json of a run, before {', '.join(loaded)}: "
            f"--config_file \"['bundle/runs/NAME/config.json','bundle/configs/{loaded[-1]}']\"."
        )


def refuse_unknown_keys(bundle_root: str) -> None:
    """Refuse ids, from overlays or the command line, that the bundle's own configuration does not define.

    Values that do not fit the table of settings are refused too, and text where that configuration has a
    number. `--help` prints the settings instead.

    The bundle's own configuration consists of the files that this run uses; each names itself under
    `base_files`. A component (a dictionary with `_target_`) may be given any argument of its constructor. Ids
    that start with an underscore or lie in the group `extra` are the user's own. MONAI's `--tracking` adds
    its ids.

    Args:
        bundle_root: the bundle's folder; its `configs/` holds the base files.

    Raises:
        ValueError: an id is unknown (the message names the nearest known one), a value does not fit, or an
            id is missing because another version wrote the configuration.
        FileNotFoundError: a base file is missing from `bundle_root`/configs.
        SystemExit: the settings were printed.
    """
    parser = configuration_in_use()
    config = {key: value for key, value in parser.get().items() if key != ConfigParser.meta_key}
    names = list(config.get(BASE_FILES, {}))
    paths = [Path(bundle_root, "configs", name) for name in names]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(
                f"`bundle_root` must be the bundle's folder, with configs/{path.name} in it, "
                f"got {bundle_root!r}: start in that folder or the one above, or pass --bundle_root."
            )
    base = ConfigParser.load_config_files([str(path) for path in paths])
    settings = settings_of(names, base)
    if config.get("help"):
        sys.stdout.write(help_text(settings) + "\n")
        raise SystemExit(0)
    missing = [f"`{key}`" for key in base if key not in config]
    if missing:
        raise ValueError(
            f"configuration must have every id of {', '.join(names)}, got none called {', '.join(missing)}: "
            f"another version wrote it. Lay it over this version's: --config_file \"['{paths[0]}',...]\"."
        )
    problems = []
    for unknown, candidates in _unknown(config, {**dict.fromkeys([*TRACKING, *SWITCHES]), **base}):
        problems.append(f"`{unknown}`{did_you_mean(unknown, candidates)}")
    texts = [*_texts(config, base)]
    if texts:
        raise ValueError(f"{'; '.join(texts)} (YAML takes 3.0e-4 for a number, and 3e-4 for text).")
    if problems:
        raise ValueError(
            f"configuration keys must be defined in {', '.join(names)}, got unknown {', '.join(problems)}."
        )
    refuse_dropped(settings, config, given_as_none())
    check_values(settings, config, parser.get_parsed_content)
    if isinstance(config.get("device"), str) and not config["device"].startswith(EVALUATED):
        choose_device(config["device"])
