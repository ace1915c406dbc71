"""A reconstruction term by its name in a configuration."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from monai_blurvae.losses.base import ReconstructionLoss


def choose_loss(losses: Mapping[str, Callable[[], ReconstructionLoss]], name: str) -> ReconstructionLoss:
    """Make a reconstruction term; the others are not made, so that nobody needs what they need.

    Args:
        losses: by name, what makes a reconstruction term (in a configuration: `"_mode_": "callable"`).
        name: name of the one wanted.

    Returns:
        The term.

    Raises:
        ValueError: If no term has this name; the message gives the nearest.

    Example:
        >>> from monai_blurvae.losses import L1Loss, L2Loss
        >>> type(choose_loss({"l1": L1Loss, "l2": L2Loss}, "l2")).__name__
        'L2Loss'
    """
    if name not in losses:
        nearest = get_close_matches(name, losses, n=1, cutoff=0.0)[0]
        raise ValueError(f"`loss` must be one of {', '.join(losses)} (nearest: {nearest}), got {name!r}")
    return losses[name]()
