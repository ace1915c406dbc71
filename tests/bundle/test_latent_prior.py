"""The learned prior of a run: fitted by the run's own configuration, kept beside its weights."""

import pytest
import torch

from monai_blurvae.workflow import load_pretrained, load_prior, root_cause


@pytest.fixture
def fit(run, tiny_weights, tmp_path):
    """Fit beside a run's weights by its own configuration, as the README's command does."""
    config = f"./{tiny_weights.with_name('config.json').relative_to(tmp_path)}"

    def go(**override):
        small = {"prior_layers": 2, "prior_features": 3, "prior_steps": 20}
        settings = {"run_name": None, "ckpt_path": str(tiny_weights), **small, **override}
        return run(config, "latent_prior.json", run_id="fitting", **settings)

    return go


def test_a_run_gets_a_learned_prior_once_and_its_samples_come_from_it(fit, tiny_weights, capsys):
    plain = load_pretrained(tiny_weights).network.sample(2, torch.Generator().manual_seed(0))
    weights = tiny_weights.read_bytes()
    before = set(tiny_weights.parents[1].rglob("*"))
    fit()
    assert "bits per dimension with N(0, I)" in capsys.readouterr().out
    path = tiny_weights.with_name("latent_prior.pt")
    assert set(tiny_weights.parents[1].rglob("*")) - before == {path}
    assert tiny_weights.read_bytes() == weights

    loaded = load_pretrained(tiny_weights)
    assert len(loaded.latent_prior.layers) == 2
    with torch.no_grad():
        z = loaded.latent_prior.sample(2, torch.Generator().manual_seed(0))
        wanted = loaded.network.decode(z)
    for model in (loaded.network, load_prior(tiny_weights).prior):
        torch.testing.assert_close(model.sample(2, torch.Generator().manual_seed(0)), wanted)
    assert not torch.allclose(wanted, plain)

    fitted = path.read_bytes()
    with pytest.raises(RuntimeError) as error:
        fit(seed=1)
    assert "pass --overwrite True" in str(root_cause(error.value))
    assert path.read_bytes() == fitted
    fit(seed=1, overwrite=True)
    assert path.read_bytes() != fitted


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
