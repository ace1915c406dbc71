import matplotlib.image
import numpy as np
import pytest
import torch

from monai_blurvae.inference import write_samples
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, LatentPrior
from tests.inference.conftest import Means


def test_the_grid_holds_the_networks_samples_in_rows(network, tmp_path):
    path = write_samples(network, tmp_path / "new" / "samples.png", n=5, columns=3, seed=2)
    assert path == tmp_path / "new" / "samples.png"
    picture = matplotlib.image.imread(path)[..., 0]
    # 8 pixels enlarged 128 / 8 = 16 times, gaps of 2 pixels around: 2 rows of 3
    assert picture.shape == (2 * 130 + 2, 3 * 130 + 2)
    with torch.no_grad():
        expected = (network.eval().sample(5, torch.Generator().manual_seed(2)) + 1) / 2
    for index in range(5):
        top, left = 2 + index // 3 * 130, 2 + index % 3 * 130
        cell = picture[top : top + 128 : 16, left : left + 128 : 16]
        np.testing.assert_allclose(cell, expected[index, 0], atol=1 / 255)
    assert np.all(picture[132:, 262:] == 1)  # the empty sixth place


def test_a_network_in_training_mode_is_left_in_training(network, tmp_path):
    network.train()
    write_samples(network, tmp_path / "a.png", n=2)
    assert network.training
    write_samples(network.eval(), tmp_path / "b.png", n=2)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("spatial_dims", "channels"), [(2, 3), (3, 1)])
def test_colours_and_volumes_can_be_drawn(tmp_path, spatial_dims, channels):
    shape = {"image_size": 8, "features": [4], "latent_size": 5, "spatial_dims": spatial_dims}
    network = BlurVAE(Encoder(**shape, channels=channels), Decoder(**shape, channels=channels))
    picture = matplotlib.image.imread(write_samples(network, tmp_path / "samples.png", n=4))
    assert picture.shape[:2] == (132, 4 * 130 + 2)
    assert (np.ptp(picture[..., :3], axis=-1).max() > 0) == (channels == 3)


def test_latents_may_be_feature_maps_and_the_model_have_no_sampling_of_its_own(tmp_path):
    picture = matplotlib.image.imread(write_samples(Means(), tmp_path / "samples.png", n=1, seed=3))
    z = torch.randn(1, 1, 2, 2, generator=torch.Generator().manual_seed(3))
    expected = ((z[0, 0] + 1) / 2).clamp(0, 1)
    np.testing.assert_allclose(picture[2:130:64, 2:130:64, 0], expected, atol=1 / 255)


def test_nothing_to_draw_is_refused(network, tmp_path):
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1, got 0"):
        write_samples(network, tmp_path / "samples.png", n=0)
    with pytest.raises(ValueError, match="`columns` must be an integer of at least 1, got 0"):
        write_samples(network, tmp_path / "samples.png", columns=0)


def test_samples_come_from_the_learned_prior_of_a_network_that_has_one(network, tmp_path):
    prior = LatentPrior(*network.latent_shape)
    prior.mean.fill_(3)
    network.add_latent_prior(prior)
    picture = matplotlib.image.imread(write_samples(network, tmp_path / "samples.png", n=1, seed=2))
    with torch.no_grad():
        expected = (network.eval().sample(1, torch.Generator().manual_seed(2)) + 1) / 2
    np.testing.assert_allclose(picture[2:130:16, 2:130:16, 0], expected[0, 0], atol=1 / 255)
