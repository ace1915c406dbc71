"""The scale network of a run: fitted by the run's own configuration, kept beside its weights."""

import pytest
import torch

from monai_blurvae.workflow import load_prior, root_cause
from tests.bundle.conftest import TINY


@pytest.fixture
def fit(run, tiny_weights, tmp_path):
    """Fit beside a run's weights by its own configuration, as the README's command does."""
    config = f"./{tiny_weights.with_name('config.json').relative_to(tmp_path)}"

    def go(**override):
        settings = {"run_name": None, "ckpt_path": str(tiny_weights), "scale_features": 3, **override}
        return run(config, "pixel_scale.json", run_id="fitting", **settings)

    return go


def test_a_run_gets_a_scale_network_once_and_its_prior_uses_it(fit, tiny_weights, capsys):
    plain = load_prior(tiny_weights).prior
    weights = tiny_weights.read_bytes()
    before = set(tiny_weights.parents[1].rglob("*"))
    fit()
    assert "bits per dimension with one scale" in capsys.readouterr().out
    path = tiny_weights.with_name("pixel_scale.pt")
    assert set(tiny_weights.parents[1].rglob("*")) - before == {path}
    assert tiny_weights.read_bytes() == weights

    size = TINY["image_size"]
    x = torch.rand(2, 1, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    scaled = load_prior(tiny_weights).prior
    assert scaled.pixel_scale.layers[0].out_channels == 3
    assert not torch.allclose(scaled.energy(x), plain.energy(x))

    fitted = path.read_bytes()
    with pytest.raises(RuntimeError) as error:
        fit(seed=1)
    assert "pass --overwrite True" in str(root_cause(error.value))
    assert path.read_bytes() == fitted
    fit(seed=1, overwrite=True)
    assert path.read_bytes() != fitted


def test_without_the_training_file_beneath_it_the_command_says_so(start, bundle):
    with (
        pytest.warns(UserWarning, match="Can't merge entry"),
        pytest.raises(RuntimeError) as error,
    ):
        start("pixel_scale.json", run_id="fitting")
    assert "must name train.json" in str(root_cause(error.value))
