"""Where decoded volumes and the demo data set are kept between runs."""

import os
from pathlib import Path


def default_cache_dir() -> Path:
    """The cache folder: MONAI_BLURVAE_CACHE where set, else monai_blurvae in XDG_CACHE_HOME or ~/.cache.

    Whatever lies in it can be deleted at any time: it is made again.

    Returns:
        The folder, which may not exist yet.
    """
    own = os.environ.get("MONAI_BLURVAE_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "monai_blurvae"
