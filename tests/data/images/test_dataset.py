import numpy as np
import pytest
import torch

from monai_blurvae.data import ImageDataset, Images, batches_of_a_pass, dequantize, make_patch_loader
from monai_blurvae.data.loader import FIXED_EPOCH

LEVELS = np.random.default_rng(0).integers(0, 256, (12, 3, 4, 4), dtype=np.uint8)
IMAGES = Images(LEVELS, np.array([1, 2, 3, 5, 7, 8, 10, 11]))
PLACE = {dequantize(torch.from_numpy(image)).numpy().tobytes(): row for row, image in enumerate(LEVELS)}


def rows(batch) -> list[int]:
    """Which images a batch holds; of none other, this fails."""
    return [PLACE[image.numpy().tobytes()] for image in batch["image"]]


@pytest.mark.parametrize("batch_size", [2, 3, 8, 20])
def test_every_image_comes_once_before_any_comes_again(batch_size):
    dataset = ImageDataset(IMAGES, batch_size)
    image = dataset[5, 0]["image"]
    assert (image.shape, image.dtype) == ((batch_size, 3, 4, 4), torch.float32)
    seen = [row for index in range(12) for row in rows(dataset[5, index])]
    for start in range(0, len(seen) - 8, 8):
        assert sorted(seen[start : start + 8]) == IMAGES.rows.tolist()


def test_the_fixed_batches_of_an_evaluation_hold_every_image_once():
    dataset = ImageDataset(IMAGES, 3)
    batches = [rows(batch) for batch in make_patch_loader(dataset, 3, fixed=True)]
    assert [len(batch) for batch in batches] == [3, 3, 2]
    assert sorted(row for batch in batches for row in batch) == IMAGES.rows.tolist()
    assert [rows(batch) for batch in make_patch_loader(dataset, 99, fixed=True)] == batches
    assert [rows(batch) for batch in make_patch_loader(dataset, 2, fixed=True)] == batches[:2]
    with pytest.raises(IndexError, match="8 images has 3 batches, got index 3"):
        dataset[FIXED_EPOCH, 3]


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_pass_is_every_image_once_shared_out_among_ranks(ranks):
    dataset = ImageDataset(IMAGES, 2)
    batches = batches_of_a_pass(dataset, world_size=ranks)
    loaders = [make_patch_loader(dataset, batches, rank=rank, world_size=ranks) for rank in range(ranks)]
    assert [len(loader) for loader in loaders] == [4 // ranks] * ranks
    seen = [row for loader in loaders for batch in loader for row in rows(batch)]
    assert sorted(seen) == IMAGES.rows.tolist()
    assert batches_of_a_pass(ImageDataset(IMAGES, 3), world_size=2) == 2  # 3 batches, rounded up


@pytest.mark.parametrize(("argument", "value"), [("batch_size", 0), ("seed", -1)])
def test_settings_out_of_range_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must"):
        ImageDataset(IMAGES, **{argument: value})
