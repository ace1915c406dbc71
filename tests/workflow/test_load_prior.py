import json
import warnings

import pytest
import torch

from monai_blurvae.losses import L2Loss, WienerBlurLoss
from monai_blurvae.workflow import load_prior
from tests.priors.conftest import SIZE, images, small_network, small_pixel_scale

CONFIG = {
    "imports": ["$import monai_blurvae"],
    "orientation": "PLS",
    "spacing": [0.9, 0.9, 1.0],
    "percentile": 99.0,
    "beta": 0.25,
    "loss": "wiener_blur",
    "losses": {
        "wiener_blur": {
            "_target_": "monai_blurvae.losses.WienerBlurLoss",
            "_mode_": "callable",
            "floor": 0.95,
            "determinant": "epsilon",
        },
        "l2": {"_target_": "monai_blurvae.losses.L2Loss"},
    },
    "shape": {"image_size": SIZE, "features": [4, 4], "latent_size": 5, "hidden_size": 12},
    "encoder": "$monai_blurvae.networks.Encoder(**@shape)",
    "decoder": "$monai_blurvae.networks.Decoder(**@shape)",
    "kernel_net": "$monai_blurvae.networks.KernelNet(5, (3, 3), hidden_size=10)",
}


@pytest.fixture
def run(tmp_path):
    """Write a run's folder, with settings that differ from the above, and give its weight file."""

    def write(trained_with=None, **settings):
        torch.save(
            small_network(trained_with or WienerBlurLoss(floor=0.95)).state_dict(), tmp_path / "model.pt"
        )
        (tmp_path / "config.json").write_text(json.dumps({**CONFIG, **settings}))
        return tmp_path / "model.pt"

    return write


def test_network_loss_and_scale_are_those_of_the_run(run):
    loaded = load_prior(run(), samples=3, seed=5)
    loss, network = WienerBlurLoss(floor=0.95), small_network(WienerBlurLoss(floor=0.95)).eval()
    x = images(2).float()
    torch.testing.assert_close(loaded.prior.project(x), network(x))
    assert loaded.prior.network.scale == network.scale
    assert (loaded.prior.loss.C, loaded.prior.loss.floor) == (loss.C, 0.95)
    assert loaded.prior.noise.shape == (3, 5)
    assert loaded[1:] == ("PLS", (0.9, 0.9, 1.0), 99.0)


def test_the_training_objective_has_the_runs_determinant_and_beta(run):
    prior = load_prior(run(), energy="objective").prior
    assert (prior.loss.determinant, prior.beta, prior.is_log_prob) == ("epsilon", 0.25, False)


def test_losses_may_be_given_made_or_to_be_made(run):
    assert isinstance(load_prior(run(L2Loss(), loss="l2")).prior.loss, L2Loss)


def test_a_scale_network_beside_the_weights_is_used_for_the_bound_unless_unwanted(run):
    weights, x = run(), images(2).float()
    plain = load_prior(weights).prior
    assert plain.pixel_scale is None
    scales = small_pixel_scale()
    torch.save(scales.state_dict(), weights.with_name("pixel_scale.pt"))
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
        assert load_prior(run(spacing=None), spacing=(1, 1)).spacing is None


def test_weights_without_their_configuration_are_refused(tmp_path):
    torch.save({}, tmp_path / "model.pt")
    with pytest.raises(ValueError, match=r"`weights` must have their run's config.json beside them"):
        load_prior(tmp_path / "model.pt")


def test_a_missing_weight_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weight file at"):
        load_prior(tmp_path / "model.pt")
