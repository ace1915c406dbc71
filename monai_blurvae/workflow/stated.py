"""Settings that leave a default to the code they are for."""

from typing import TypeVar

Setting = TypeVar("Setting")


def stated(**settings: Setting | None) -> dict[str, Setting]:
    """Keep the settings that somebody stated: null leaves the default to what is called.

    Args:
        settings: by name.

    Returns:
        Those that are not None.

    Example:
        >>> stated(weight=None, iterations=20)
        {'iterations': 20}
    """
    return {name: value for name, value in settings.items() if value is not None}
