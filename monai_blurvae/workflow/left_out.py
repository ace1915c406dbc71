"""Files of a data set that a run does without, for its record."""

from monai_blurvae.data import ImageCache

NAMED = 100
"""Files that the record names."""


def left_out(decode: object) -> dict[str, object]:
    """Tell which files a run does without, as `bad_images: skip` leaves them out.

    Args:
        decode: what decodes the data set.

    Returns:
        Their number under `count` and the first of them under `names`; empty where nothing is left out.
    """
    bad = list(decode.bad) if isinstance(decode, ImageCache) else []
    return {"count": len(bad), "names": bad[:NAMED]} if bad else {}
