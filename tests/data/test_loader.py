from functools import partial

import numpy as np
import pytest
import torch

from monai_blurvae.data import (
    EpochSampler,
    FixedSampler,
    ImageDataset,
    Images,
    PatchDataset,
    make_patch_loader,
)

VOLUME = np.random.default_rng(0).integers(1, 256, (6, 24, 20), dtype=np.uint8)
DATASET = PatchDataset([VOLUME], batch_size=4, patch_size=(8, 8))
IMAGES = Images(np.random.default_rng(0).integers(0, 256, (12, 3, 4, 4), dtype=np.uint8), np.arange(8))
datasets = pytest.mark.parametrize(
    "make", [partial(PatchDataset, [VOLUME], 4, (8, 8)), partial(ImageDataset, IMAGES, 4)]
)
KEYS = [(epoch, index) for epoch in range(2) for index in range(2)]


def images(loader, epoch: int = 0) -> list[torch.Tensor]:
    loader.sampler.set_epoch(epoch)
    return [batch["image"] for batch in loader]


def same(ours: list[torch.Tensor], theirs: list[torch.Tensor]) -> bool:
    return len(ours) == len(theirs) and all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers_gives_the_same_patches(workers):
    alone, helped = (make_patch_loader(DATASET, 5, num_workers=n) for n in (0, workers))
    assert len(alone) == len(helped) == 5
    for epoch in (0, 1):
        assert same(images(alone, epoch), images(helped, epoch))


def test_epochs_differ_and_come_back():
    loader = make_patch_loader(DATASET, 3)
    first = images(loader, 0)
    assert not any(torch.equal(a, b) for a, b in zip(first, images(loader, 1), strict=True))
    assert same(images(loader, 0), first)


def test_two_ranks_together_see_what_one_process_sees_in_twice_the_steps():
    one = images(make_patch_loader(DATASET, 6))
    ranks = [images(make_patch_loader(DATASET, 3, rank=rank, world_size=2)) for rank in (0, 1)]
    assert same([image for step in zip(*ranks, strict=True) for image in step], one)


def test_fixed_patches_are_the_same_at_every_epoch_and_not_those_of_training():
    fixed = make_patch_loader(DATASET, 3, fixed=True)
    assert same(images(fixed, 0), images(fixed, 7))
    assert not any(torch.equal(a, b) for a in images(fixed) for b in images(make_patch_loader(DATASET, 3)))


def test_a_pass_leaves_the_global_random_state_alone():
    state = torch.get_rng_state()
    images(make_patch_loader(DATASET, 2))
    assert torch.equal(torch.get_rng_state(), state)


def test_fixed_batches_are_shared_out_among_ranks_each_once():
    shares = [FixedSampler(5, rank, 3) for rank in range(3)]
    assert [len(share) for share in shares] == [len(list(share)) for share in shares] == [2, 2, 1]
    assert sorted(key for share in shares for key in share) == list(FixedSampler(5, 0, 1))


def test_an_epoch_needs_a_batch():
    with pytest.raises(ValueError, match="`batches_per_epoch` must be at least 1, got 0"):
        EpochSampler(0)


def test_the_place_among_processes_comes_from_torch_distributed_unless_given(monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 2)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 4)
    assert list(EpochSampler(2)) == [(0, 2), (0, 6)]
    assert list(EpochSampler(2, rank=0, world_size=1)) == [(0, 0), (0, 1)]


@datasets
def test_a_batch_is_a_pure_function_of_seed_epoch_and_index_and_no_other_is_like_it(make):
    torch.manual_seed(0)
    forwards = [make(seed=seed)[key]["image"] for seed in (0, 1) for key in KEYS]
    torch.manual_seed(1)
    backwards = [make(seed=seed)[key]["image"] for seed in (1, 0) for key in KEYS[::-1]]
    assert same(forwards, backwards[::-1])
    assert len({batch.numpy().tobytes() for batch in forwards}) == 8


@datasets
def test_augmentation_gets_the_same_images_and_a_seed_for_each(make):
    seen = []
    augmented = make(augmentation=lambda x, seeds: seen.extend(seeds) or -x)[0, 0]["image"]
    assert torch.equal(augmented, -make()[0, 0]["image"])
    assert len(set(seen)) == 4
