import json
import math
import warnings

import pytest
import torch

from monai_blurvae import __version__
from monai_blurvae.networks import load_weights


def test_a_state_dict_written_and_read_gives_equal_tensors_and_the_scale(make_network, tmp_path):
    trained, fresh = make_network(), make_network()
    for parameter in trained.parameters():
        torch.nn.init.normal_(parameter)
    trained.scale.fill_(0.25)
    torch.save(trained.state_dict(), tmp_path / "model.pt")
    load_weights(fresh, tmp_path / "model.pt")
    assert fresh.scale == 0.25
    assert all(torch.equal(value, trained.state_dict()[name]) for name, value in fresh.state_dict().items())


def test_a_checkpoint_is_read_by_its_network_entry(make_network, tmp_path):
    trained, fresh = make_network(), make_network()
    trained.scale.fill_(0.5)
    torch.save({"network": trained.state_dict(), "epoch": 3}, tmp_path / "checkpoint.pt")
    load_weights(fresh, str(tmp_path / "checkpoint.pt"))
    assert fresh.scale == 0.5


@pytest.mark.parametrize("version", [__version__, "0.0.1"])
def test_weights_of_another_version_are_taken_with_a_warning(make_network, tmp_path, version):
    network = make_network()
    torch.save(network.state_dict(), tmp_path / "model.pt")
    (tmp_path / "environment.json").write_text(json.dumps({"versions": {"monai-blurvae": version}}))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        load_weights(network, tmp_path / "model.pt")
    assert len(said) == (version != __version__)
    for warning in said:
        assert f"written by monai-blurvae 0.0.1, and monai-blurvae {__version__} is" in str(warning.message)


def test_a_state_dict_itself_is_taken_too(make_network):
    trained, fresh = make_network(), make_network()
    trained.scale.fill_(2)
    load_weights(fresh, trained.state_dict())
    assert fresh.scale == 2


def test_a_missing_file_names_the_command_that_makes_one(make_network, tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"absent\.pt: make one with `python -m monai\.bundle run training"
    ):
        load_weights(make_network(), tmp_path / "absent.pt")


def test_another_architecture_is_refused_with_the_tensors_that_differ(make_network, tmp_path):
    torch.save(make_network(features=(6, 8)).state_dict(), tmp_path / "model.pt")
    network = make_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(
        ValueError,
        match=r"model\.pt with encoder\.blocks\.0\.0\.weight: wanted \(4, 2, 3, 3\), found \(6, 2, 3, 3\)",
    ):
        load_weights(network, tmp_path / "model.pt")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_tensor_too_many_or_too_few_is_refused(make_network):
    with_kernel, without = make_network(), make_network(with_kernel=False)
    with pytest.raises(ValueError, match=r"kernel_net\.layers\.0\.weight: wanted none, found \(10, 5\)"):
        load_weights(without, with_kernel.state_dict())
    with pytest.raises(ValueError, match=r"kernel_net\.layers\.0\.weight: wanted \(10, 5\), found none"):
        load_weights(with_kernel, without.state_dict())


@pytest.mark.parametrize("content", [b"", b"not a weight file", b"PK\x03\x04 cut short"])
def test_an_unreadable_file_is_refused_by_name(make_network, tmp_path, content):
    (tmp_path / "broken.pt").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"`source` \(`--ckpt_path` .*\) must be a state_dict saved by .*, got .*broken\.pt"
    ) as error:
        load_weights(make_network(), tmp_path / "broken.pt")
    assert str(error.value).count("broken.pt") == 1


def test_a_file_of_something_else_is_refused_by_name(make_network, tmp_path):
    torch.save([1, 2, 3], tmp_path / "list.pt")
    with pytest.raises(ValueError, match=r"`source` \(`--ckpt_path` .*\) must hold a state_dict.*list\.pt"):
        load_weights(make_network(), tmp_path / "list.pt")


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0, -0.5])
def test_a_scale_that_is_none_is_refused_by_name_and_file(make_network, tmp_path, value):
    network = make_network()
    torch.save({**network.state_dict(), "scale": torch.tensor(value)}, tmp_path / "model.pt")
    with pytest.raises(ValueError, match=rf"got scale in .*model\.pt with values from {value}"):
        load_weights(network, tmp_path / "model.pt")
    assert network.scale == 1


def test_one_flipped_bit_of_a_weight_is_noticed(make_network, tmp_path):
    network = make_network()
    torch.save(network.state_dict(), tmp_path / "model.pt")
    whole, weight = (tmp_path / "model.pt").read_bytes(), network.kernel_net.layers[0].weight
    at = whole.index(weight.detach().numpy().tobytes())
    (tmp_path / "model.pt").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(ValueError, match=r"model\.pt, damaged or foreign: .* checksum of .* is wrong"):
        load_weights(make_network(), tmp_path / "model.pt")


def test_a_negative_variance_is_refused_by_name(make_network):
    state = make_network().state_dict()
    name = next(name for name in state if name.endswith("running_var"))
    state[name][0] = -0.5
    with pytest.raises(ValueError, match=rf"no negative variance, got {name} in .* from -0\.5 to 1"):
        load_weights(make_network(), state)


@pytest.mark.parametrize(
    "value",
    [torch.ones(1).expand(10**12), torch.ones(2).to_sparse(), torch.ones(2, dtype=torch.complex64), 3, None],
    ids=["more than its storage", "sparse", "complex", "number", "none"],
)
def test_what_is_no_plain_tensor_is_refused_at_once(make_network, tmp_path, value):
    torch.save({**make_network().state_dict(), "scale": value}, tmp_path / "model.pt")
    with pytest.raises(ValueError, match=r"must hold a state_dict.*model\.pt"):
        load_weights(make_network(), tmp_path / "model.pt")


def test_a_weight_that_is_not_finite_is_refused_by_name(make_network):
    state = make_network().state_dict()
    state["kernel_net.layers.0.weight"][0, 0] = math.nan
    with pytest.raises(ValueError, match=r"must hold finite weights .* kernel_net\.layers\.0\.weight in the"):
        load_weights(make_network(), state)
