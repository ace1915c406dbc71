"""Where pretrained weights of other people's networks lie; nothing is ever downloaded."""

from pathlib import Path

import torch


def pretrained_file(name: str) -> Path:
    """Find a weight file in torch.hub's folder of checkpoints (`TORCH_HOME` moves it).

    Args:
        name: file name, as its publisher distributes it.

    Returns:
        The file.

    Raises:
        FileNotFoundError: If it is not there; the message says where to put it.
    """
    path = Path(torch.hub.get_dir(), "checkpoints", name)
    if not path.is_file():
        raise FileNotFoundError(f"weights {name} must lie in {path.parent}, found none: put them there")
    return path
