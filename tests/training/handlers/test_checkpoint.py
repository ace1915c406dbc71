"""The best weights are the best by the metric, and diverged weights are never saved."""

import ignite.distributed as idist
import pytest
import torch
from ignite.engine import Engine

from monai_blurvae.training.handlers import BestWeights, CheckpointResumer, CheckpointSaver


def validated(epoch: int, psnr: float) -> Engine:
    """An engine after a validation."""
    engine = Engine(lambda *_: None)
    engine.state.epoch, engine.state.metrics = epoch, {"psnr": psnr}
    return engine


def test_the_weights_of_the_highest_metric_are_kept(tmp_path):
    network = torch.nn.Linear(1, 1)
    best = BestWeights(tmp_path / "model.pt", network)
    for epoch, psnr in enumerate((20.0, 22.0, 21.0), start=1):
        torch.nn.init.constant_(network.weight, epoch)
        best(validated(epoch, psnr))
    assert torch.load(tmp_path / "model.pt", weights_only=True)["weight"] == 2


def test_any_epoch_after_the_warmup_beats_those_within(tmp_path):
    network = torch.nn.Linear(1, 1)
    best = BestWeights(tmp_path / "model.pt", network, first_epoch=2)
    for epoch, psnr in ((1, 30.0), (2, 20.0), (3, 19.0)):
        torch.nn.init.constant_(network.weight, epoch)
        best(validated(epoch, psnr))
    assert torch.load(tmp_path / "model.pt", weights_only=True)["weight"] == 2


def test_the_best_score_survives_a_resumption(tmp_path):
    network = torch.nn.Linear(1, 1)
    first = BestWeights(tmp_path / "model.pt", network)
    first(validated(1, 25.0))
    resumed = BestWeights(tmp_path / "model.pt", network)
    resumed.load_state_dict(first.state_dict())
    torch.nn.init.constant_(network.weight, 7)
    resumed(validated(2, 24.0))
    assert torch.load(tmp_path / "model.pt", weights_only=True)["weight"] != 7


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_diverged_weights_never_replace_good_ones(tmp_path, bad):
    network = torch.nn.Linear(1, 1)
    saver = CheckpointSaver(tmp_path / "checkpoint.pt", {"network": network})
    best = BestWeights(tmp_path / "model.pt", network)
    engine = validated(1, 20.0)
    engine.state.max_epochs = 3
    saver(engine)
    best(engine)
    torch.nn.init.constant_(network.weight, bad)
    engine.state.epoch, engine.state.metrics = 2, {"psnr": 30.0}
    for save in (saver, best):
        with pytest.raises(FloatingPointError, match=r"weight is not finite, .*keeps the weights"):
            save(engine)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["network"]["weight"].isfinite()
    assert torch.load(tmp_path / "model.pt", weights_only=True)["weight"].isfinite()


def test_a_score_that_is_not_a_number_is_never_the_best(tmp_path):
    best = BestWeights(tmp_path / "model.pt", torch.nn.Linear(1, 1))
    best(validated(1, float("nan")))
    assert best.epoch == 0
    assert not (tmp_path / "model.pt").exists()


def test_other_ranks_keep_the_score_and_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(idist, "get_rank", lambda: 1)
    best = BestWeights(tmp_path / "model.pt", torch.nn.Linear(1, 1))
    best(validated(1, 20.0))
    assert best.state_dict() == {"eligible": True, "score": 20.0, "epoch": 1}
    assert not (tmp_path / "model.pt").exists()


def test_the_best_weights_come_back_after_worse_epochs(tmp_path):
    network = torch.nn.Linear(1, 1)
    best = BestWeights(tmp_path / "model.pt", network)
    kept = network.weight.detach().clone()
    best(validated(1, 20.0))
    torch.nn.init.constant_(network.weight, 7)
    best(validated(2, 10.0))
    best.restore()
    assert torch.equal(network.weight, kept)


def test_without_a_finite_score_there_are_no_best_weights(tmp_path):
    with pytest.raises(ValueError, match="a validation with a finite psnr, and there was none"):
        BestWeights(tmp_path / "model.pt", torch.nn.Linear(1, 1)).restore()


def resumable(learning_rate: float) -> dict:
    network = torch.nn.Linear(1, 1)
    return {
        "network": network,
        "optimizer": torch.optim.Adam(network.parameters(), lr=learning_rate),
        "trainer": Engine(lambda *_: None),
    }


def test_a_resumed_optimiser_has_its_moments_from_the_checkpoint_and_its_settings_from_the_run(tmp_path):
    first, second = resumable(0.1), resumable(0.2)
    first["network"](torch.ones(1, 1)).sum().backward()
    first["optimizer"].step()
    first["trainer"].run([0, 1], max_epochs=2)
    torch.save({name: item.state_dict() for name, item in first.items()}, tmp_path / "checkpoint.pt")
    engine = second["trainer"]
    engine.state.epoch_length, engine.state.max_epochs = 2, 3
    CheckpointResumer(tmp_path / "checkpoint.pt", second)(engine)
    (group,) = second["optimizer"].param_groups
    assert group["lr"] == 0.2
    assert all(
        one is other for one, other in zip(group["params"], second["network"].parameters(), strict=True)
    )
    weight = second["network"].weight
    torch.testing.assert_close(second["optimizer"].state[weight]["exp_avg"], torch.full((1, 1), 0.1))
    assert torch.equal(weight, first["network"].weight)


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "other"])
def test_a_damaged_checkpoint_is_named_with_what_to_do(tmp_path, damage):
    path = tmp_path / "checkpoint.pt"
    objects = resumable(0.1)
    torch.save({name: item.state_dict() for name, item in objects.items()}, path)
    whole = path.read_bytes()
    torch.save([1], tmp_path / "list.pt")
    other = (tmp_path / "list.pt").read_bytes()
    contents = {"empty": b"", "text": b"hello there", "truncated": whole[: len(whole) // 2], "other": other}
    path.write_bytes(contents[damage])
    with pytest.raises(
        ValueError, match=r"checkpoint\.pt must be a whole checkpoint, .*begin the run anew"
    ) as error:
        CheckpointResumer(path, objects)(objects["trainer"])
    assert str(error.value).count(str(path)) == 1


@pytest.mark.parametrize("interval", [0, -1, 1.5])
def test_an_interval_below_one_is_refused(tmp_path, interval):
    with pytest.raises(ValueError, match="`interval` must be an integer of at least 1"):
        CheckpointSaver(tmp_path / "checkpoint.pt", {}, interval)
