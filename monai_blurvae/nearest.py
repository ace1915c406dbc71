"""What a misspelt name may have been meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest known name, for the end of an error.

    Args:
        name: an unknown name.
        known: the names that are known.

    Returns:
        A question in brackets, with a space before it; empty where no name is near.

    Example:
        >>> did_you_mean("epoks", ["epochs", "beta"]), did_you_mean("x", ["epochs"])
        (' (did you mean `epochs`?)', '')
    """
    nearest = get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f" (did you mean `{nearest[0]}`?)" if nearest else ""
