"""The numbers of features per block in the paper's two architectures."""

from collections.abc import Sequence

from monai_blurvae.checks import check_integer, check_sizes


def architecture_1_features(image_size: int) -> list[int]:
    """Features of architecture 1: log2(size) - 2 blocks of 64, 128, 256, 512, and 512 from there on.

    So the encoder ends at 4 pixels along each axis, at any image size.

    Args:
        image_size: edge length of the images in pixels, a power of two from 8 up.

    Returns:
        One number per block, from the image to the latent.

    Raises:
        ValueError: If the size is not a power of two, or is less than 8.

    Example:
        >>> architecture_1_features(64)
        [64, 128, 256, 512]
        >>> architecture_1_features(256)
        [64, 128, 256, 512, 512, 512]
    """
    if not isinstance(image_size, int) or image_size < 8 or image_size & (image_size - 1):
        raise ValueError(f"`image_size` must be a power of two from 8 up, got {image_size!r}")
    blocks = image_size.bit_length() - 3
    return [min(64 * 2**block, 512) for block in range(blocks)]


def architecture_2_features() -> list[int]:
    """Features of architecture 2: five blocks, at any image size that can be halved five times.

    Returns:
        One number per block, from the image to the latent.

    Example:
        >>> architecture_2_features()
        [32, 64, 128, 256, 512]
    """
    return [32, 64, 128, 256, 512]


def smallest_size(image_size: int, features: Sequence[int]) -> int:
    """Edge length in pixels after every block of the encoder has halved the image once.

    Args:
        image_size: edge length of the images in pixels.
        features: numbers of features, one per block.

    Returns:
        image_size / 2^blocks.

    Raises:
        ValueError: If there is no block, or the image cannot be halved that often.

    Example:
        >>> smallest_size(64, architecture_1_features(64))
        4
    """
    check_sizes(features=features)
    for number in features:
        check_integer(1, features=number)
    check_integer(1, image_size=image_size)
    if image_size % 2 ** len(features):
        raise ValueError(
            f"`image_size` must be a multiple of {2 ** len(features)} to be halved by each of "
            f"{len(features)} blocks, got {image_size}"
        )
    return int(image_size // 2 ** len(features))


def check_architecture(latent_size: int, spatial_dims: int, channels: int, hidden_size: int | None) -> None:
    """Refuse sizes of an encoder or decoder that are not positive integers."""
    check_integer(1, latent_size=latent_size, channels=channels)
    if spatial_dims not in {2, 3}:
        raise ValueError(f"`spatial_dims` must be 2 or 3, got {spatial_dims!r}")
    if hidden_size is not None:
        check_integer(1, hidden_size=hidden_size)
