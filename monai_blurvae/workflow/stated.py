"""Settings that may be null, for which the code then has a default."""

from typing import TypeVar

Setting = TypeVar("Setting")


def stated(**settings: Setting | None) -> dict[str, Setting]:
    """Keep the settings that are not null. The called function has defaults for the others.

    Args:
        settings: by name.

    Returns:
        Those that are not None.

    Example:
        >>> stated(weight=None, iterations=20)
        {'iterations': 20}
    """
    return {name: value for name, value in settings.items() if value is not None}
