"""The scale network of a run: fitted by the run's own configuration, kept beside its weights."""

from functools import partial

import pytest
import torch

from monai_blurvae.workflow import load_prior, root_cause
from tests.bundle.conftest import TINY, adds_only, check_written_once


@pytest.fixture
def fit(fit_beside):
    return partial(fit_beside, "pixel_scale.json", scale_features=3)


def test_a_run_gets_a_scale_network_once_and_its_prior_uses_it(fit, tiny_weights, capsys):
    plain = load_prior(tiny_weights).prior
    path = tiny_weights.with_name("pixel_scale.pt")
    with adds_only(path, tiny_weights):
        fit()
    assert "bits per dimension with one scale" in capsys.readouterr().out

    size = TINY["image_size"]
    x = torch.rand(2, 1, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    scaled = load_prior(tiny_weights).prior
    assert scaled.pixel_scale.layers[0].out_channels == 3
    assert not torch.allclose(scaled.energy(x), plain.energy(x))

    check_written_once(fit, path)


def test_without_the_training_file_beneath_it_the_command_says_so(start, bundle):
    with (
        pytest.warns(UserWarning, match="Can't merge entry"),
        pytest.raises(RuntimeError) as error,
    ):
        start("pixel_scale.json", run_id="fitting")
    assert "must name train.json" in str(root_cause(error.value))
