"""The record of the files that a run leaves out."""

from monai_blurvae.data import ImageCache

NAMED = 100
"""Files that the record names."""


def left_out(decode: object) -> dict[str, object]:
    """List the files that a run leaves out, because of `bad_images: skip`.

    Args:
        decode: what decodes the data set.

    Returns:
        Their number under `count` and the first of them under `names`; empty where nothing is left out.
    """
    bad = list(decode.bad) if isinstance(decode, ImageCache) else []
    return {"count": len(bad), "names": bad[:NAMED]} if bad else {}
