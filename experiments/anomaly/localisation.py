"""How well a map's high values lie on a lesion."""

from collections.abc import Iterator

from monai.metrics import compute_average_precision, compute_roc_auc
from torch import Tensor


def localisation(values: Tensor, where: Tensor, brain: Tensor) -> Iterator[tuple[str, float | None]]:
    """Rank a brain's pixels by a map, and compare with the lesion.

    Args:
        values: the map, (1, H, W); pixels that are NaN are left out.
        where: true on the lesion, bool (1, H, W).
        brain: true on the brain, bool (1, H, W).

    Yields:
        "auroc", then "ap" (average precision, for a map that says nothing the lesion's share of the pixels);
        None where no pixel or every pixel of the brain is damaged.
    """
    known = brain & values.isfinite()
    target = where[known].float()
    share = float(target.mean())
    for name, compute in (("auroc", compute_roc_auc), ("ap", compute_average_precision)):
        yield name, round(float(compute(values[known], target)), 6) if 0 < share < 1 else None
