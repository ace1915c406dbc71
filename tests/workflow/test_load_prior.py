import warnings

import pytest
import torch

from monai_blurvae.losses import WienerBlurLoss
from monai_blurvae.networks import make_model
from monai_blurvae.priors import SliceSettings
from monai_blurvae.workflow import load_prior, settings_from, write_settings
from monai_blurvae.workflow.companion import save_companion
from monai_blurvae.workflow.pixel_scale import PIXEL_SCALE
from tests.priors.conftest import SIZE, images, small_pixel_scale

SETTINGS = {
    "model": {
        "image_size": SIZE,
        "features": [4, 4],
        "latent_size": 5,
        "hidden_size": 12,
        "kernel_size": 3,
    },
    "loss": {"name": "wiener_blur", "blur": "network", "floor": 0.95, "determinant": "epsilon"},
    "images": {"orientation": "PLS", "spacing": [0.9, 0.9, 1.0], "percentile": 99.0},
    "beta": 0.25,
}


@pytest.fixture
def run(tmp_path):
    """Write weights with their settings, and give the weight file."""

    def write(network=None, **settings):
        network = trained_network() if network is None else network
        torch.save(network.state_dict(), tmp_path / "model.pt")
        write_settings(tmp_path, settings_from({**SETTINGS, **settings}))
        return tmp_path / "model.pt"

    return write


def trained_network():
    """The network that the settings describe, with weights and a scale of its own."""
    torch.manual_seed(0)
    network = make_model(SETTINGS["model"], WienerBlurLoss("network", floor=0.95))
    network.scale.fill_(0.3)
    return network.eval()


def test_network_loss_and_scale_are_those_of_the_run(run):
    loaded = load_prior(run(), samples=3, seed=5)
    network = trained_network()
    x = images(2).float()
    torch.testing.assert_close(loaded.prior.project(x), network(x))
    assert loaded.prior.network.scale == network.scale
    assert (loaded.prior.loss.C, loaded.prior.loss.floor) == (0.025, 0.95)
    assert loaded.prior.noise.shape == (3, 5)
    assert loaded[1:] == ("PLS", (0.9, 0.9, 1.0), SliceSettings(percentile=99.0))


def test_the_training_objective_has_the_runs_determinant_and_beta(run):
    prior = load_prior(run(), energy="objective").prior
    assert (prior.loss.determinant, prior.beta, prior.is_log_prob) == ("epsilon", 0.25, False)


def test_a_scale_network_beside_the_weights_is_used_for_the_bound_unless_unwanted(run):
    weights, x = run(), images(2).float()
    plain = load_prior(weights).prior
    assert plain.pixel_scale is None
    scales = small_pixel_scale()
    save_companion(weights, PIXEL_SCALE, scales)
    loaded = load_prior(weights).prior
    torch.testing.assert_close(loaded.pixel_scale(x), scales(x))
    assert not torch.allclose(loaded.energy(x), plain.energy(x))
    torch.testing.assert_close(load_prior(weights, pixel_scale=False).prior.energy(x), plain.energy(x))
    assert load_prior(weights, energy="objective").prior.pixel_scale is None


def test_another_orientation_is_warned_of_by_both_names(run):
    with pytest.warns(UserWarning, match="trained at orientation PLS, and is used at orientation RAS"):
        load_prior(run(), orientation="RAS")


def test_another_spacing_is_warned_of_by_both_values(run):
    message = r"trained at spacing \(0.9, 0.9, 1.0\), and is used at spacing \(0.9, 1.2\)"
    with pytest.warns(UserWarning, match=message):
        load_prior(run(), spacing=(0.9, 1.2))


@pytest.mark.parametrize(
    "stated", [{}, {"orientation": "PLS"}, {"spacing": (0.905, 0.9)}, {"spacing": (0.9, 0.9, 1.0)}]
)
def test_what_agrees_or_is_not_stated_is_not_warned_of(run, stated):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_prior(run(), **stated)


def test_a_model_without_a_spacing_of_its_own_cannot_be_compared(run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_prior(run(images={"spacing": None}), spacing=(1, 1)).spacing is None


@pytest.mark.parametrize("spacing", [("a",), "a", 1, (1, 0)])
def test_a_spacing_that_is_none_is_refused(run, spacing):
    with pytest.raises(ValueError, match=r"`spacing` must be (two or three )?positive"):
        load_prior(run(), spacing=spacing)


def test_a_network_that_the_settings_do_not_describe_is_given(run):
    weights, network = run(model=None), trained_network()
    with pytest.raises(ValueError, match="pass it to `load_pretrained` or `load_prior` as `network`"):
        load_prior(weights)
    assert load_prior(weights, network=network).prior.network is network
