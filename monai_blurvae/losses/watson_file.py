"""The weight files of the Watson distance, as its authors released them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from monai_blurvae.functional import WatsonWeights

SOURCE = "github.com/SteffenCzolbe/PerceptualSimilarity, src/loss/weights"
PLANES = {1: ("",), 3: ("ly.", "lcb.", "lcr.")}
"""How the names in a file begin, by number of channels: grey, or luma and chroma."""

SHAPES = {"t_tild": (8, 5), "alpha": (), "w_tild": (), "beta": (), "w_phase_tild": (8, 5)}


def read_watson_weights(path: str | Path | None) -> tuple[list[WatsonWeights], Tensor]:
    """Read a weight file of Watson-DFT: gray_watson_fft_trial0.pth or rgb_watson_fft_trial0.pth.

    Args:
        path: the file.

    Returns:
        The weights of each plane (grey; or Y, Cb and Cr), and how the planes' distances are mixed, (planes,).

    Raises:
        ValueError: If `path` is None, or is not such a file.
        FileNotFoundError: If there is no file.
    """
    if path is None:
        raise ValueError(
            "`watson_weights` must be the path of gray_watson_fft_trial0.pth (one channel) or "
            f"rgb_watson_fft_trial0.pth (three), from {SOURCE}, got None"
        )
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"`watson_weights` must be a file from {SOURCE}, got {str(path)!r}, which is none"
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's unpickler raises many kinds
        raise ValueError(f"`watson_weights` must be a file from {SOURCE}, got {path}, unreadable") from error
    for prefixes in PLANES.values():
        if all(
            _shape(state, prefix + name) == shape for prefix in prefixes for name, shape in SHAPES.items()
        ):
            mixture = state["w_tild"].softmax(dim=0) if len(prefixes) > 1 else torch.ones(1)
            return [_plane(state, prefix) for prefix in prefixes], mixture
    raise ValueError(
        f"`watson_weights` must be gray_watson_fft_trial0.pth or rgb_watson_fft_trial0.pth, from {SOURCE}, "
        f"got {path}, which holds something else"
    )


def _shape(state: Any, name: str) -> tuple[int, ...] | None:  # noqa: ANN401
    """Give the shape of a tensor in a file."""
    value = state.get(name) if isinstance(state, Mapping) else None
    return tuple(value.shape) if isinstance(value, Tensor) else None


def _plane(state: Mapping[str, Tensor], prefix: str) -> WatsonWeights:
    """Turn stored parameters into those of the formula: logarithms and logits are stored."""
    phase = state[f"{prefix}w_phase_tild"].exp()
    phase[::4, ::4] = 0  # real frequencies have a sign and no phase
    return WatsonWeights(
        sensitivity=state[f"{prefix}t_tild"].exp(),
        luminance=state[f"{prefix}alpha"],
        contrast=state[f"{prefix}w_tild"].sigmoid(),
        pooling=state[f"{prefix}beta"],
        phase=phase,
    )
