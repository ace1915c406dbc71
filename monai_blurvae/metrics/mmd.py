"""The maximum mean discrepancy between images and the data, on pixels."""

import ignite.distributed as idist
import torch
from ignite.metrics.metric import reinit__is_reduced
from torch import Tensor
from torch.nn.functional import interpolate

from monai_blurvae.functional import median_distance, squared_mmd
from monai_blurvae.keys import Keys
from monai_blurvae.metrics.not_computed import NotComputed
from monai_blurvae.metrics.per_image import present
from monai_blurvae.metrics.whole_output import Output, WholeOutputMetric

LARGEST = {2: 32, 3: 16}
"""Pixels an axis that images are averaged down to, by the number of spatial axes."""


class MaximumMeanDiscrepancy(WholeOutputMetric):
    """MMD^2 of images and data, unbiased, with a Gaussian kernel on pixels: 0 on average where they agree.

    Images larger than 32 pixels an axis (16 in 3D) are averaged down to that. The bandwidth is the median
    distance between two images of the data: of the model it is independent, so that models compare on the
    same test images. Of each process the first images count, so that memory does not grow with the test set.

    Args:
        key: which images to compare with the data: `Keys.RECONSTRUCTION` or `Keys.SAMPLES`.
        images: largest number of images taken in by each process.

    Raises:
        ValueError: If `images` is below 2.

    References:
        Gretton et al., A Kernel Two-Sample Test, JMLR 2012.
    """

    def __init__(self, key: str = Keys.SAMPLES, images: int = 1000) -> None:
        if images < 2:
            raise ValueError(f"`images` must be at least 2, got {images}")
        self.key = key
        self.images = images
        super().__init__()

    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def reset(self) -> None:
        """Forget all images."""
        self._pairs: list[Tensor] = []
        self._count = 0

    @reinit__is_reduced  # type: ignore[untyped-decorator]
    def update(self, output: Output) -> None:
        """Take in a batch, as long as images are missing.

        Args:
            output: the evaluator's output.
        """
        missing = self.images - self._count
        if missing > 0:
            pair = [_pooled(present(output, key)[:missing]) for key in (Keys.IMAGE, self.key)]
            self._pairs.append(torch.stack(pair, dim=1).cpu())
            self._count += len(pair[0])

    def compute(self) -> float | NotComputed:
        """Give the discrepancy of the images of all processes.

        Returns:
            MMD^2, or why there is none.
        """
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
    """Average images down to vectors.

    Args:
        images: images, (B, ch, *size).

    Returns:
        Vectors, (B, d).
    """
    size = images.shape[2:]
    smaller = [min(length, LARGEST[len(size)]) for length in size]
    return interpolate(images.float(), smaller, mode="area").flatten(1)
