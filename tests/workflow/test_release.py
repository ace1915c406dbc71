import json

import pytest
import torch

from monai_blurvae import __version__
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, load_weights
from monai_blurvae.workflow.release import release


def network():
    torch.manual_seed(0)
    return BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5)).eval()


@pytest.fixture
def bundle(tmp_path):
    (tmp_path / "bundle" / "configs").mkdir(parents=True)
    (tmp_path / "bundle" / "configs" / "train.json").write_text('{"dataset_dir": "the default", "beta": 1}')
    return tmp_path / "bundle"


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    weights = network()
    weights.scale.fill_(0.123456)
    torch.save(weights.state_dict(), folder / "model.pt")
    (folder / "config.json").write_text(json.dumps({"dataset_dir": "/home/someone", "beta": 2, "extra": 1}))
    record = {"finished": "now", "versions": {"monai-blurvae": __version__}}
    (folder / "environment.json").write_text(json.dumps(record))
    return folder


def test_the_weights_take_half_the_space_and_reconstruct_the_same(run, bundle):
    path = release(run, bundle)
    assert path == bundle / "models" / "model.pt"
    assert path.stat().st_size < 0.7 * (run / "model.pt").stat().st_size
    original, released = network(), network()
    load_weights(original, run / "model.pt")
    load_weights(released, path)
    image = torch.rand(2, 1, 16, 16) * 2 - 1
    torch.testing.assert_close(released(image), original(image), atol=2e-3, rtol=0)
    assert released.scale == original.scale


def test_the_settings_come_along_without_those_of_the_machine(run, bundle):
    config = json.loads((release(run, bundle).parent / "config.json").read_text())
    assert config == {"dataset_dir": "the default", "beta": 2, "extra": 1}


def test_released_weights_are_replaced_on_request_alone(run, bundle):
    release(run, bundle)
    with pytest.raises(FileExistsError, match="pass --overwrite to replace it"):
        release(run, bundle)
    release(run, bundle, overwrite=True)


def test_a_run_that_did_not_finish_is_refused(run, bundle):
    (run / "environment.json").write_text('{"started": "now"}')
    with pytest.raises(ValueError, match="`run_dir` must be the folder of a finished run"):
        release(run, bundle)


def test_weights_beyond_half_precision_are_refused(run, bundle):
    state = torch.load(run / "model.pt", weights_only=True)
    next(value for value in state.values() if value.ndim > 1).view(-1)[0] = 1e6
    torch.save(state, run / "model.pt")
    with pytest.raises(ValueError, match="`run_dir` must hold weights that fit into float16"):
        release(run, bundle)
    assert not (bundle / "models").exists()


def test_of_a_resumed_run_the_last_part_counts(run, bundle):
    (run / "config_resumed1.json").write_text('{"dataset_dir": "/home/someone", "beta": 3}')
    (run / "environment_resumed1.json").write_text('{"started": "now"}')
    with pytest.raises(ValueError, match="`run_dir` must be the folder of a finished run"):
        release(run, bundle)
    (run / "environment_resumed1.json").write_text('{"finished": "now"}')
    assert json.loads((release(run, bundle).parent / "config.json").read_text())["beta"] == 3


def test_a_scale_network_goes_with_its_model_alone(run, bundle):
    (run / "pixel_scale.pt").write_bytes(b"scales")
    path = release(run, bundle, name="prior")
    assert path == bundle / "models" / "prior" / "model.pt"
    assert path.with_name("pixel_scale.pt").read_bytes() == b"scales"
    (run / "pixel_scale.pt").unlink()
    release(run, bundle, overwrite=True, name="prior")
    assert not path.with_name("pixel_scale.pt").exists()
