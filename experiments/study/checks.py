"""What a study file's values have to be, refused with reasons."""

from collections.abc import Collection, Mapping
from types import UnionType
from typing import Any

from monai_blurvae.files import did_you_mean


def checked_mapping(
    content: object, known: Collection[str], where: str, needed: Collection[str] | None = None
) -> Mapping[str, Any]:
    """Refuse unknown and missing keys.

    Args:
        content: what should be a mapping.
        known: keys that it may have.
        where: what it is, for messages.
        needed: keys that it must have; None: all of them.

    Returns:
        The mapping.

    Raises:
        ValueError: If it is none, or a key is unknown or missing.
    """
    if not isinstance(content, Mapping):
        raise ValueError(f"{where} must be a mapping, got {content!r}")
    for key in content:
        if key not in known:
            raise ValueError(
                f"keys of {where} must be among {', '.join(sorted(known))}, got `{key}`"
                f"{did_you_mean(str(key), known)}"
            )
    for key in sorted(known if needed is None else needed):
        if key not in content:
            raise ValueError(f"`{key}` of {where} must be given, got only {', '.join(map(str, content))}")
    return content


def checked_group(content: object, kinds: Mapping[str, type | UnionType], where: str) -> dict[str, Any]:
    """Refuse a mapping of other keys or types of values.

    Args:
        content: what should be a mapping.
        kinds: key to its value's type.
        where: what it is, for messages.

    Returns:
        The mapping.

    Raises:
        ValueError: If it has other keys, or a value is of another type.
    """
    group = dict(checked_mapping(content, kinds.keys(), where))
    for key, kind in kinds.items():
        check_kind(group[key], kind, f"`{key}` of {where}")
    return group


def check_kind(value: object, kind: type | UnionType, where: str) -> None:
    """Refuse a value of another type.

    Args:
        value: what was given.
        kind: its type.
        where: what it is, for the message.

    Raises:
        ValueError: If it is of another type; truth values are no numbers.
    """
    if not isinstance(value, kind) or isinstance(value, bool):
        name = kind.__name__ if isinstance(kind, type) else str(kind)
        raise ValueError(f"{where} must be of type {name}, got {value!r}")


def check_number(value: object, least: float, most: float, where: str) -> None:
    """Refuse what is no number, or out of range.

    Args:
        value: what was given.
        least: the smallest number allowed.
        most: the largest.
        where: what it is, for the message.

    Raises:
        ValueError: If it is out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{where} must be a number from {least:g} to {most:g}, got {value!r}")


def checked_list(value: object, where: str) -> list[Any]:
    """Refuse what is no list, or empty.

    Args:
        value: what was given.
        where: what it is, for the message.

    Returns:
        The list.

    Raises:
        ValueError: If it is none.
    """
    if not isinstance(value, list) or not value:
        raise ValueError(f"{where} must be a list that is not empty, got {value!r}")
    return value
