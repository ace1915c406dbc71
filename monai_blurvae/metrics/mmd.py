"""The maximum mean discrepancy between images and the data, on pixels."""

import ignite.distributed as idist
import torch
from ignite.metrics.metric import reinit__is_reduced
from torch import Tensor
from torch.nn.functional import interpolate
from typing_extensions import override

from monai_blurvae.checks import check_integer
from monai_blurvae.functional import median_distance, squared_mmd
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.base import Output, WholeOutputMetric
from monai_blurvae.metrics.not_computed import NotComputed

LARGEST = {2: 32, 3: 16}
"""Pixels along an axis that images are averaged down to, by the number of spatial axes."""


class MaximumMeanDiscrepancy(WholeOutputMetric):
    """MMD^2 of images and data, unbiased, with a Gaussian kernel on pixels: 0 on average if they agree.

    Images of more than 32 pixels along an axis (16 in 3D) are averaged down to that. The bandwidth is the
    median distance between two images of the data, so that models compare on the same test images. Each
    process takes only its first images, so that memory does not grow with the test set.

    Args:
        key: which images to compare with the data; None for the samples.
        images: largest number of images that each process takes.

    Raises:
        ValueError: If `images` is below 2.

    References:
        Gretton et al., A Kernel Two-Sample Test, JMLR 2012.
    """

    default_key = Keys.SAMPLES

    def __init__(self, key: str | None = None, images: int = 1000) -> None:
        check_integer(2, images=images)
        self.images = images
        super().__init__(key)

    @override
    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def reset(self) -> None:
        self._pairs: list[Tensor] = []
        self._count = 0

    @override
    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def update(self, output: Output) -> None:
        missing = self.images - self._count
        if missing > 0:
            images, data = (_pooled(batch[:missing]) for batch in self.pair(output))
            self._pairs.append(torch.stack([data, images], dim=1).cpu())
            self._count += len(data)

    @override
    def compute(self) -> float | NotComputed:
        pairs = self._of_all_processes()
        if len(pairs) < 2:
            return NotComputed("at least two images are needed")
        data, images = pairs.unbind(dim=1)
        bandwidth = median_distance(data).item()
        if bandwidth == 0:
            return NotComputed("the images of the data are all alike")
        return squared_mmd(data, images, bandwidth).item()

    def _of_all_processes(self) -> Tensor:
        if not self._pairs:
            return torch.zeros(0, 2, 1)
        pairs = torch.cat(self._pairs)
        if idist.get_world_size() == 1:
            return pairs
        counts = idist.all_gather(len(pairs))
        most = int(max(counts))
        padded = torch.cat([pairs, pairs.new_zeros(most - len(pairs), *pairs.shape[1:])])
        shares = idist.all_gather(padded).cpu().split(most)
        return torch.cat([share[: int(count)] for share, count in zip(shares, counts, strict=True)])


def _pooled(images: Tensor) -> Tensor:
    # averaged down, (B, d)
    size = images.shape[2:]
    smaller = [min(length, LARGEST[len(size)]) for length in size]
    return interpolate(images.float(), smaller, mode="area").flatten(1)
