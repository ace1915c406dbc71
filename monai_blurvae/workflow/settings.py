"""The settings that weights were trained with, read from the run's folder they lie in."""

from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from monai_blurvae.files import CONFIGURATION


def setting(weights: str, name: str, default: Any) -> Any:  # noqa: ANN401
    """Look a setting up in the configuration beside a weight file.

    So a run's `model.pt` is used with its own network and likelihood, without naming them again.

    Args:
        weights: the weight file.
        name: a top-level id of the configuration, such as "latent_size".
        default: the value where there is no configuration beside the weights, or it does not know the id.

    Returns:
        The setting.
    """
    path = Path(weights).with_name(CONFIGURATION)
    if not path.is_file():
        return default
    parser = ConfigParser(ConfigParser.load_config_file(path))
    return parser.get_parsed_content(name) if name in parser else default
