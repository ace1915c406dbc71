"""What the paper trains, and how runs fall short of it."""

from typing import NamedTuple

from monai_blurvae.report.setup import Length


class Protocol(NamedTuple):
    """What the paper trains on a data set."""

    epochs: int | None
    """None: not printed."""
    image_size: int
    images: int | None
    """Training images in an epoch; None: random patches, their number not printed."""


PROTOCOLS = {
    "CelebA64": Protocol(100, 64, 160_000),
    "CelebA-HQ256": Protocol(200, 256, 24_000),
    "HCP64": Protocol(400, 64, None),
    "CIFAR10": Protocol(None, 32, 50_000),
}


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
    shorter = protocol.epochs is not None and (length.epochs or 0) < protocol.epochs
    fewer = None not in (protocol.images, protocol.epochs, length.steps, length.batch_size) and seen < (
        (protocol.images or 0) * (protocol.epochs or 0)
    )
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
    epochs = f"{protocol.epochs} epochs" if protocol.epochs else "a number of epochs it does not print"
    network = "architecture 2" if length.network == "architecture 2" else "architecture 1"
    theirs = f"{name}, {epochs}, {protocol.image_size}x{protocol.image_size}, {network}"
    if is_shortened(length):
        return f"{ours} Shortened or reduced against the paper's protocol ({theirs})."
    return f"{ours} The paper's protocol: {theirs}."
