import pytest
import torch

from monai_blurvae.data import EpochSampler, FixedSampler


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
