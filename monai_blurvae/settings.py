"""Settings as plain data: a frozen dataclass from a mapping of JSON values, checked."""

import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from monai_blurvae.files import did_you_mean

T = TypeVar("T")

WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a word",
    tuple: "a list",
    type(None): "null",
}
"""The types of JSON, as messages name them."""


def from_mapping(kind: type[T], values: Mapping[str, Any], name: str, complete: bool = False) -> T:
    """Make a dataclass from a mapping. Unknown keys, missing keys and wrong types are refused by name.

    Numbers given as text, NaN and infinity are refused, whole numbers serve as floats, and lists become
    tuples.

    Args:
        kind: a dataclass whose fields are of bool, int, float, str, None, tuples of these or their unions.
        values: plain values by field.
        name: what the mapping is called in messages, such as "model".
        complete: whether every field must be there, also those with a default.

    Returns:
        The settings.

    Raises:
        ValueError: If the mapping does not fit, or the dataclass itself refuses a value.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Settings:
        ...     C: float = 0.025
        >>> from_mapping(Settings, {"C": 1}, "loss")
        Settings(C=1.0)
    """
    assert is_dataclass(kind)
    if not isinstance(values, Mapping):
        raise ValueError(f"`{name}` must be a mapping of settings, got {type(values).__name__}")
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise ValueError(
                f"`{name}` must hold only {', '.join(hints)}, "
                f"got {key!r}{did_you_mean(str(key), list(hints))}"
            )
    missing = [
        field.name
        for field in fields(kind)
        if field.name not in values
        and (complete or (field.default is MISSING and field.default_factory is MISSING))
    ]
    if missing:
        raise ValueError(
            f"`{name}` must state {', '.join(missing)}, got only {', '.join(values) or 'nothing'}"
        )
    return kind(**{key: _checked(value, hints[key], f"{name}.{key}") for key, value in values.items()})


def _checked(value: Any, hint: Any, name: str) -> Any:  # noqa: ANN401
    options = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
    for option in options:
        if option in {None, type(None)} and value is None:
            return None
        if option in {bool, str} and isinstance(value, option):
            return value
        if option is int and isinstance(value, int) and not isinstance(value, bool):
            return value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if option is float and is_number and math.isfinite(value):
            return float(value)
        is_list = isinstance(value, Sequence) and not isinstance(value, str)
        kinds = get_args(option)
        if get_origin(option) is tuple and is_list and (kinds[-1] is ... or len(value) == len(kinds)):
            return tuple(_checked(item, get_args(option)[0], f"{name}[{i}]") for i, item in enumerate(value))
    wanted = " or ".join(_word(option) for option in options)
    raise ValueError(f"`{name}` must be {wanted}, got {value!r}")


def _word(option: Any) -> str:  # noqa: ANN401
    kinds = get_args(option)
    return WORDS[get_origin(option) or option] + (
        f" of {len(kinds)}" if kinds and kinds[-1] is not ... else ""
    )
