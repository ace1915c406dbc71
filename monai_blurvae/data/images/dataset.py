"""Batches of whole images, each a pure function of (seed, epoch, index)."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from monai_blurvae.data.augmentation import Augmentation
from monai_blurvae.data.images.image_cache import Images
from monai_blurvae.data.intensity import dequantize
from monai_blurvae.data.loader import FIXED_EPOCH, check_batches
from monai_blurvae.keys import Keys


class ImageDataset(Dataset[dict[str, Tensor]]):
    """Shuffled images, a whole batch gathered at a time.

    Each epoch has its own shuffle, and several if it is longer than the data set. No image comes twice before
    every image has come once. The fixed batches of an evaluation end with the first shuffle, so the last
    batch may be smaller.

    Args:
        data: decoded images, from an `ImageCache`.
        batch_size: images in a batch.
        seed: chooses the order.
        augmentation: applied to each batch; None for none.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self, data: Images, batch_size: int = 32, seed: int = 0, augmentation: Augmentation | None = None
    ) -> None:
        check_batches(batch_size, seed)
        self.data = data
        self.batch_size = batch_size
        self.seed = seed
        self.augmentation = augmentation
        self._shuffled: tuple[tuple[int, int], npt.NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        """Count the batches that hold every image once."""
        return -(-len(self.data.rows) // self.batch_size)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        """Make one batch.

        Args:
            key: the epoch, and the batch's index in it over all ranks.

        Returns:
            `image`: x in [-1, 1], float32 (B, ch, H, W).

        Raises:
            IndexError: If an evaluation has no such batch.
        """
        epoch, index = key
        count = len(self.data.rows)
        places = np.arange(index * self.batch_size, (index + 1) * self.batch_size)
        if epoch == FIXED_EPOCH:
            places = places[places < count]
            if len(places) == 0:
                raise IndexError(f"a pass over {count} images has {len(self)} batches, got index {index}")
        passes = places // count
        rows = [self._shuffle(epoch, int(turn))[places[passes == turn] % count] for turn in np.unique(passes)]
        levels = self.data.levels[np.concatenate(rows)]
        image = dequantize(torch.from_numpy(levels))
        if self.augmentation is not None:
            seeds = np.random.default_rng((self.seed, epoch, index)).integers(2**62, size=len(image))
            image = self.augmentation(image, seeds.tolist())
        return {Keys.IMAGE.value: image}

    def _shuffle(self, epoch: int, turn: int) -> npt.NDArray[np.int64]:
        # kept until another is asked for: batches come in order
        if self._shuffled is None or self._shuffled[0] != (epoch, turn):
            order = np.random.default_rng((self.seed, epoch, turn)).permutation(self.data.rows)
            self._shuffled = (epoch, turn), order
        return self._shuffled[1]
