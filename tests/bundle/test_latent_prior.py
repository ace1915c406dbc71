"""The learned prior of a run: fitted by the run's own configuration, kept beside its weights."""

from functools import partial

import pytest
import torch

from monai_blurvae.workflow import load_pretrained, load_prior, root_cause
from tests.bundle.conftest import adds_only, check_written_once


@pytest.fixture
def fit(fit_beside):
    return partial(fit_beside, "latent_prior.json", prior_layers=2, prior_features=3, prior_steps=20)


def test_a_run_gets_a_learned_prior_once_and_its_samples_come_from_it(fit, tiny_weights, capsys):
    plain = load_pretrained(tiny_weights).network.sample(2, torch.Generator().manual_seed(0))
    path = tiny_weights.with_name("latent_prior.pt")
    with adds_only(path, tiny_weights):
        fit()
    assert "bits per dimension with N(0, I)" in capsys.readouterr().out

    loaded = load_pretrained(tiny_weights)
    assert len(loaded.latent_prior.layers) == 2
    with torch.no_grad():
        z = loaded.latent_prior.sample(2, torch.Generator().manual_seed(0))
        wanted = loaded.network.decode(z)
    for model in (loaded.network, load_prior(tiny_weights).prior):
        torch.testing.assert_close(model.sample(2, torch.Generator().manual_seed(0)), wanted)
    assert not torch.allclose(wanted, plain)

    check_written_once(fit, path)


def test_feature_maps_are_refused_before_anything_is_encoded(start, run, tmp_path):
    overlay = {
        "model": "autoencoder_kl",
        "loss": "l2",
        "features": [4, 4],
        "norm_groups": 2,
        "warmup_epochs": 0,
    }
    run(epochs=1, test_at_end=False, **overlay)
    weights = tmp_path / "bundle" / "runs" / "run" / "model.pt"
    with pytest.raises(RuntimeError) as error:
        run(
            "./bundle/runs/run/config.json",
            "latent_prior.json",
            run_id="fitting",
            run_name=None,
            ckpt_path=str(weights),
            **overlay,
        )
    assert "`network` must have latent vectors" in str(root_cause(error.value))
