"""What the paper trains, and how runs fall short of it."""

from typing import NamedTuple

from experiments.report.setup import Length


class Protocol(NamedTuple):
    """What the paper trains on a data set; what it does not print is as in this package's overlay."""

    epochs: int
    image_size: int
    images: int
    """Training images in an epoch: one pass over what the overlay's split leaves of the paper's images."""
    overlay: str | None = None
    """The file that a length is of which the paper does not print; None: the paper prints it."""


PROTOCOLS = {
    "CelebA64": Protocol(100, 64, 152_000),
    "CelebA-HQ256": Protocol(200, 256, 22_800),
    "HCP64": Protocol(400, 64, 20_480, "configs/hcp64.yaml"),
    "CIFAR10": Protocol(100, 32, 47_500, "configs/cifar10.yaml"),
}
"""By the paper's name; training images are those without 20 % test (CIFAR10: its own) and 5 % validation."""


def is_shortened(length: Length) -> bool | None:
    """Tell whether training was shorter than the paper's, or of another network or size.

    Args:
        length: what runs share.

    Returns:
        The answer; None where the paper has nothing to compare with.
    """
    protocol = PROTOCOLS.get(length.counterpart or "")
    if protocol is None:
        return None
    size = int(length.size.partition("x")[0]) if length.size[0].isdigit() else 0
    seen = (length.steps or 0) * (length.batch_size or 0)
    shorter = (length.epochs or 0) < protocol.epochs
    fewer = bool(seen) and seen < protocol.epochs * protocol.images
    second = length.network == "architecture 2" and length.counterpart == "CelebA64"
    other = length.network != "architecture 1" and not second
    return shorter or fewer or other or size != protocol.image_size


def protocol_note(length: Length) -> str:
    """Say how long runs trained, and how the paper's protocol is longer: every caption ends so.

    Args:
        length: what runs share.

    Returns:
        One or two sentences.
    """
    steps = f"{length.steps} steps" if length.steps else "an unrecorded number of steps"
    ours = f"Trained for {steps} of {length.batch_size or 'an unrecorded number of'} images"
    ours += f" ({length.epochs or 'unknown'} epochs), {length.size}, network: {length.network}."
    name = length.counterpart
    if name is None:
        return f"{ours} The paper has no such data set."
    protocol = PROTOCOLS[name]
    length_text = f"{protocol.epochs} epochs of {protocol.images:,} images"
    network = "architecture 2" if length.network == "architecture 2" else "architecture 1"
    theirs = f"{name}, {length_text}, {protocol.image_size}x{protocol.image_size}, {network}"
    protocol_name = protocol.overlay or "the paper's protocol"
    theirs += "; the paper prints no full length" if protocol.overlay else ""
    if is_shortened(length):
        return f"{ours} Shortened or reduced against {protocol_name} ({theirs})."
    return f"{ours} As long as {protocol_name} ({theirs})."
