"""MONAI transforms of a subject's intensities to [-1, 1] and back."""

from collections.abc import Hashable, Mapping
from typing import Any

from monai.config import KeysCollection
from monai.data import MetaTensor
from monai.transforms import MapTransform
from monai.utils import ensure_tuple_rep

from monai_blurvae.checks import check_in
from monai_blurvae.data import brain_percentile, from_signed_range, to_signed_range
from monai_blurvae.keys import Keys

BRAIN_PERCENTILE = "brain_percentile"
"""Key of p, in scanner units, in an image's meta."""


class BrainIntensityd(MapTransform):  # type: ignore[misc]
    """Normalise a subject: x = 2 v / p - 1, clipped, with p a percentile of the brain (non-zero voxels).

    This is the function used in training, on the whole volume. p is kept in the image's meta for
    `RestoreIntensityd`. Background becomes exactly -1.

    Args:
        keys: items that are MetaTensors in scanner units.
        percentile: which percentile is p, in (0, 100].
    """

    def __init__(self, keys: KeysCollection, percentile: float = 99.5) -> None:
        super().__init__(keys)
        check_in("(0, 100]", percentile=percentile)
        self.percentile = percentile

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Replace images v, (ch, *size), under the keys by x, float32, in a new item; errors name files."""
        items = dict(data)
        for key in self.key_iterator(items):
            image: MetaTensor = items[key]
            try:
                p = brain_percentile(image.as_tensor(), self.percentile)
            except ValueError as error:
                raise ValueError(f"{error}, in {image.meta.get('filename_or_obj', key)}") from error
            items[key] = to_signed_range(image, p)
            items[key].meta[BRAIN_PERCENTILE] = p
        return items


class RestoreIntensityd(MapTransform):  # type: ignore[misc]
    """Undo `BrainIntensityd`: v = p (x + 1) / 2, in the scanner units of the subject's own volume.

    Args:
        keys: items in [-1, 1], such as reconstructions.
        orig_keys: the normalised images whose meta holds p; one for all keys, or one for each.
    """

    def __init__(self, keys: KeysCollection, orig_keys: KeysCollection = Keys.IMAGE.value) -> None:
        super().__init__(keys)
        self.orig_keys = ensure_tuple_rep(orig_keys, len(self.keys))

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Replace images x, (ch, *size), under the keys by v, in a new item."""
        items = dict(data)
        for key, orig_key in self.key_iterator(items, self.orig_keys):
            p = items[orig_key].meta.get(BRAIN_PERCENTILE)
            if p is None:
                raise ValueError(
                    f"`orig_keys` must name images normalised by BrainIntensityd, got {orig_key!r}"
                )
            items[key] = from_signed_range(items[key], float(p))
        return items
