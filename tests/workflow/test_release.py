import hashlib
import json

import pytest
import torch

from monai_blurvae import __version__
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, LatentPrior, PixelScale, load_weights
from monai_blurvae.workflow import (
    read_latent_prior,
    read_pixel_scale,
    read_settings,
    settings_from,
    write_settings,
)
from monai_blurvae.workflow.companion import save_companion
from monai_blurvae.workflow.latent_prior import LATENT_PRIOR
from monai_blurvae.workflow.pixel_scale import PIXEL_SCALE
from monai_blurvae.workflow.release import release

SETTINGS = settings_from({"model": {"image_size": 16}, "loss": {"name": "l2"}, "beta": 2})


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
    write_settings(folder, SETTINGS)
    (folder / "config.json").write_text(json.dumps({"dataset_dir": "/home/someone", "beta": 2}))
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


def test_what_the_likelihood_measured_keeps_its_precision(run, bundle):
    state = torch.load(run / "model.pt", weights_only=True)
    state["likelihood.blur.numerator"] = torch.tensor([1e6, 0.1])
    torch.save(state, run / "model.pt")
    released = torch.load(release(run, bundle), weights_only=True)
    assert torch.equal(released["likelihood.blur.numerator"], state["likelihood.blur.numerator"])


def test_the_settings_come_along_and_nothing_of_the_machine(run, bundle):
    path = release(run, bundle)
    assert read_settings(path) == SETTINGS
    assert not (path.parent / "config.json").exists()
    assert "/home" not in (path.parent / "settings.json").read_text(encoding="utf-8")


def test_the_checksums_are_those_of_the_files(run, bundle):
    save_companion(run / "model.pt", PIXEL_SCALE, PixelScale(features=3))
    save_companion(run / "model.pt", LATENT_PRIOR, LatentPrior(5, 2, 3))
    folder = release(run, bundle).parent
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert [name for _, name in lines] == ["model.pt", "settings.json", "pixel_scale.pt", "latent_prior.pt"]
    for digest, name in lines:
        assert digest == hashlib.sha256((folder / name).read_bytes()).hexdigest()


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
    (run / "environment_resumed1.json").write_text('{"started": "now"}')
    with pytest.raises(ValueError, match="`run_dir` must be the folder of a finished run"):
        release(run, bundle)
    (run / "environment_resumed1.json").write_text(
        json.dumps({"finished": "now", "versions": {"monai-blurvae": __version__}})
    )
    release(run, bundle)


def test_a_scale_network_goes_with_its_model_alone(run, bundle):
    scales = PixelScale(features=3)
    save_companion(run / "model.pt", PIXEL_SCALE, scales)
    path = release(run, bundle, name="prior")
    assert path == bundle / "models" / "prior" / "model.pt"
    released = read_pixel_scale(path)  # the fingerprint is that of the weights in half precision
    assert all(torch.equal(a, b) for a, b in zip(released.parameters(), scales.parameters(), strict=True))
    (run / "pixel_scale.pt").unlink()
    release(run, bundle, overwrite=True, name="prior")
    assert not path.with_name("pixel_scale.pt").exists()


def test_a_learned_prior_goes_with_its_model_alone(run, bundle):
    prior = LatentPrior(5, layers=2, features=3)
    save_companion(run / "model.pt", LATENT_PRIOR, prior)
    path = release(run, bundle)
    released = read_latent_prior(path)
    assert all(torch.equal(a, b) for a, b in zip(released.parameters(), prior.parameters(), strict=True))
    (run / "latent_prior.pt").unlink()
    release(run, bundle, overwrite=True)
    assert not path.with_name("latent_prior.pt").exists()
