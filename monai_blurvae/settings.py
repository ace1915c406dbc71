"""Settings as plain data: frozen dataclasses whose annotations say type, range and unit of each field.

A field is annotated with its type, and where it has one its interval and unit, or its choices::

    decay: Annotated[float, "[0, 1)"] = 0.98
    spacing: tuple[Annotated[float, "(0, inf)", "mm"], ...] | None = None
    padding: Annotated[str, OneOf(PADDINGS)] = "wrap"
"""

import ast
import inspect
import math
import textwrap
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from monai_blurvae.checks import check_in, check_integer, in_words
from monai_blurvae.files import check_known, did_you_mean

T = TypeVar("T")

Count = Annotated[int, "[1, inf)"]
"""How many, at least 1."""
NotNegative = Annotated[float, "[0, inf)"]
"""A number of at least 0."""
Positive = Annotated[float, "(0, inf)"]
"""A number above 0."""
Share = Annotated[float, "[0, 1]"]
"""A share."""
Percentile = Annotated[float, "(0, 100]"]
"""A percentile."""
Millimetres = Annotated[float, "(0, inf)", "mm"]
"""A length in mm."""

WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a word",
    tuple: "a list",
    dict: "a component",
    type(None): "null",
}
"""The types of JSON, as messages name them."""


@dataclass(frozen=True, eq=False)
class OneOf:
    """The words that a field may be; names of a registry count as they are when a value is checked."""

    known: Iterable[str]
    """The words."""


class Checked:
    """A frozen dataclass whose fields are checked by their annotations when it is made."""

    def __post_init__(self) -> None:
        """Check every field. Whole numbers serve as floats, and lists become tuples."""
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            object.__setattr__(self, name, checked(getattr(self, name), hint, name))


def from_mapping(kind: type[T], values: Mapping[str, Any], name: str, complete: bool = False) -> T:
    """Make a dataclass from a mapping. Unknown keys, missing keys and unfit values are refused by name.

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
        ...     C: Positive = 0.025
        >>> from_mapping(Settings, {"C": 1}, "loss")
        Settings(C=1.0)
    """
    assert is_dataclass(kind)
    if not isinstance(values, Mapping):
        raise ValueError(f"`{name}` must be a mapping of settings, got {type(values).__name__}")
    hints = get_type_hints(kind, include_extras=True)
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
    return kind(**{key: checked(value, hints[key], f"{name}.{key}") for key, value in values.items()})


def checked(value: Any, hint: Any, name: str) -> Any:  # noqa: ANN401
    """Check a plain value by an annotation.

    Args:
        value: the value.
        hint: the annotation, as the page's first lines show.
        name: the value's name in messages.

    Returns:
        The value; a whole number as a float where the annotation is one, and a list as a tuple.

    Raises:
        ValueError: If the type, the range or the word is another; the message has the name, the rule, the
            value.

    Example:
        >>> checked([1, 2], tuple[Positive, ...] | None, "spacing")
        (1.0, 2.0)
    """
    for kind, marks in _options(hint):
        if not _fits(value, kind):
            continue
        if value is not None and get_origin(kind) is tuple:
            return tuple(checked(item, get_args(kind)[0], f"{name}[{i}]") for i, item in enumerate(value))
        for mark in marks:
            if isinstance(mark, OneOf):
                check_known(name, value, mark.known)
            elif mark.endswith(", inf)") and kind is int:
                check_integer(int(mark[1:-6]), **{name: value})
            elif mark[0] in "[(":
                check_in(mark, **{name: value})
        return float(value) if kind is float else value
    wanted = " or ".join(_word(kind) for kind, _ in _options(hint))
    raise ValueError(f"`{name}` must be {wanted}, got {value!r}")


def must_be(hint: Any) -> str:  # noqa: ANN401
    """Say in words what an annotation allows.

    Args:
        hint: the annotation.

    Returns:
        Type, range and unit.

    Example:
        >>> must_be(Annotated[int, "[3, inf)"] | None), must_be(tuple[Millimetres, ...])
        ('a whole number of at least 3 or null', 'a list of one or more, each a number above 0, in mm')
    """
    return " or ".join(_described(kind, marks) for kind, marks in _options(hint))


def descriptions(kind: type) -> dict[str, str]:
    """Read the text below each annotated field of a class and of its bases.

    Args:
        kind: the class.

    Returns:
        Texts by field, each on one line.
    """
    found: dict[str, str] = {}
    for base in reversed([one for one in kind.__mro__ if inspect.get_annotations(one)]):
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                assert isinstance(field.target, ast.Name)
                found[field.target.id] = " ".join(ast.literal_eval(text.value).split())
    return found


def _options(hint: Any) -> Iterator[tuple[Any, tuple[Any, ...]]]:  # noqa: ANN401
    # the types of a union, each with its marks
    for option in get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,):
        kind, *marks = get_args(option) if get_origin(option) is Annotated else (option,)
        yield kind, tuple(marks)


def _fits(value: object, kind: Any) -> bool:  # noqa: ANN401
    if isinstance(value, bool) or value is None:
        return isinstance(value, kind) if kind in {bool, type(None)} else False
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    if get_origin(kind) is not tuple:
        return isinstance(value, kind) and value != ""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    items = get_args(kind)
    return len(value) > 0 if items[-1] is ... else len(value) == len(items)


def _word(kind: Any) -> str:  # noqa: ANN401
    items = get_args(kind)
    return WORDS[get_origin(kind) or kind] + (
        f" of {len(items)}" if items and items[-1] is not ... else " of one or more" if items else ""
    )


def _described(kind: Any, marks: Iterable[Any]) -> str:  # noqa: ANN401
    if get_origin(kind) is tuple:
        return f"{_word(kind)}, each {must_be(get_args(kind)[0])}"
    text = WORDS[kind]
    for mark in marks:
        if isinstance(mark, OneOf):
            text = f"one of {', '.join(mark.known)}"
        elif mark[0] not in "[(":
            text += f", in {mark}"
        else:
            words = "above 0" if mark == "(0, inf)" else in_words(mark, text)
            text = words if words.startswith(text) else f"{text} {words}"
    return text
