"""The table of all settings, which checks them and prints itself: `--help` and docs/settings.md."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from monai.bundle import ConfigParser

from monai_blurvae.losses import LossSettings
from monai_blurvae.networks import ModelSettings
from monai_blurvae.settings import checked, descriptions, must_be
from monai_blurvae.workflow.commands import COMMANDS
from monai_blurvae.workflow.settings import ImageSettings

GROUPS = {
    "model_settings": ModelSettings,
    "loss_settings": LossSettings,
    "weights_settings::images": ImageSettings,
}
"""Components of a configuration whose values are settings, and what describes them."""
EVALUATED = ("$", "@", "%")
"""First characters of texts that MONAI evaluates, or replaces by what they refer to."""
TITLES = {
    "train.json": "Training",
    "evaluate.json": "Evaluation, beside those of training",
    "pixel_scale.json": "Scale network, beside those of training",
    "latent_prior.json": "Learned prior, beside those of training",
    "multi_gpu_train.json": "Several GPUs, beside those of training",
    "inference.json": "Inference",
    "reconstruct.json": "Reconstruction",
    "anomaly.json": "Anomaly study",
}
PAGE = """# Settings

Each is an option of the command line: `--beta 0.5`, or an id of a configuration file. All are checked before
anything is made. `--help` prints those of a command. This page is written by
`python -m monai_blurvae.workflow.table bundle > docs/settings.md`.
"""


class Setting(NamedTuple):
    """One setting of a command."""

    hint: Any
    """Its annotation: type, range and unit."""
    default: Any
    """What the bundle's configuration states."""
    text: str
    """What it means."""

    def shown(self) -> str:
        """Show the default; what an expression gives is "computed"."""
        return "computed" if _is_expression(self.default) else json.dumps(self.default)


def _is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith(EVALUATED)


def settings_of(names: Iterable[str], config: Mapping[str, Any]) -> dict[str, Setting]:
    """List the settings of configuration files.

    Args:
        names: the files, such as "train.json".
        config: what these files hold together.

    Returns:
        The settings by id, in the order of `config`.
    """
    found: dict[str, tuple[Any, str]] = {}
    for group, kind in GROUPS.items():
        values: Any = config
        for key in group.split("::"):
            values = values.get(key, {})
        hints, texts = get_type_hints(kind, include_extras=True), descriptions(kind)
        found |= {
            str(value).removeprefix("@"): (hints[field], texts[field]) for field, value in values.items()
        }
    for name in names:
        kind = COMMANDS.get(name, object)
        texts = descriptions(kind)
        hints = get_type_hints(kind, include_extras=True)
        found |= {field: (hint, texts[field]) for field, hint in hints.items()}
    return {
        name: Setting(found[name][0], default, found[name][1])
        for name, default in config.items()
        if name in found
    }


def check_values(
    settings: Mapping[str, Setting], config: Mapping[str, Any], evaluate: Callable[[str], object]
) -> None:
    """Refuse plain values that do not fit their settings.

    Expressions that refer to another id are left to what they make, as are components.

    Args:
        settings: the settings by id.
        config: values by id.
        evaluate: evaluates the expressions of an id.

    Raises:
        ValueError: If a value does not fit.
    """
    for name, setting in settings.items():
        value = config.get(name)
        expressions = list(filter(_is_expression, value if isinstance(value, list | tuple) else [value]))
        if expressions and (
            value == setting.default or any(mark in text for text in expressions for mark in "@%")
        ):
            continue
        value = evaluate(name) if expressions else value
        if value is None or isinstance(value, bool | int | float | str | list | tuple):
            checked(value, setting.hint, name)


def refuse_dropped(
    settings: Mapping[str, Setting], config: Mapping[str, Any], dropped: Iterable[str]
) -> None:
    """Refuse None in place of a value: MONAI drops it from a command line.

    Args:
        settings: the settings by id.
        config: values by id.
        dropped: ids that were given as None.

    Raises:
        ValueError: If another value than null would be used.
    """
    for name in dropped:
        if name in settings and config.get(name) is not None:
            raise ValueError(
                f"`{name}` must be {must_be(settings[name].hint)}, got None, which MONAI drops "
                "from a command line (a configuration file can state null)"
            )


def help_text(settings: Mapping[str, Setting]) -> str:
    """Print settings for a terminal, two lines each."""
    return "\n".join(
        f"--{name} ({setting.shown()}): {must_be(setting.hint)}\n    {setting.text}"
        for name, setting in settings.items()
    )


def page(bundle: str | Path) -> str:
    """Print all settings as a page of the documentation.

    Args:
        bundle: the bundle's folder.

    Returns:
        Markdown.
    """
    sections = [PAGE]
    for name, title in TITLES.items():
        config = ConfigParser.load_config_file(str(Path(bundle, "configs", name)))
        rows = "\n".join(
            f"| `{key}` | {f'`{text}`' if (text := setting.shown()) != 'computed' else text} | "
            f"{must_be(setting.hint)} | {setting.text} |"
            for key, setting in settings_of(["train.json", name], config).items()
        )
        sections.append(
            f"## {title}\n\n| setting | default | must be | meaning |\n| --- | --- | --- | --- |\n{rows}\n"
        )
    return "\n".join(sections)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m monai_blurvae.workflow.table", description=__doc__)
    parser.add_argument("bundle", help="the bundle's folder")
    sys.stdout.write(page(parser.parse_args().bundle))
