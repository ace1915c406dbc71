import math
import re
from functools import partial

import pytest
import torch

from monai_blurvae.functional import bits_per_dimension, kl_divergence
from monai_blurvae.losses import L2Loss, RobustLoss, SSIMLoss
from monai_blurvae.networks import LatentPrior
from monai_blurvae.priors import LatentPriorFit
from monai_blurvae.workflow import read_latent_prior, write_latent_prior
from monai_blurvae.workflow.companion import save_companion
from monai_blurvae.workflow.latent_prior import LATENT_PRIOR, measure_gain
from tests.networks.test_latent_prior import bent
from tests.priors.conftest import images, small_network

PATCHES = {
    part: [{"image": images(4, seed=10 * place + seed).float()} for seed in range(3)]
    for place, part in enumerate(("train", "val", "test"))
}


def fit_beside(folder, loss=None, layers=2, **settings):
    """Fit beside a model's weights in a folder."""
    loss = L2Loss() if loss is None else loss
    network = small_network(loss)
    torch.save(network.state_dict(), folder / "model.pt")
    torch.manual_seed(0)
    prior, fit = LatentPrior(5, layers, features=3), LatentPriorFit(steps=20)
    return write_latent_prior(network, loss, PATCHES, prior, fit, folder / "model.pt", **settings)


@pytest.fixture
def write(tmp_path):
    return partial(fit_beside, tmp_path)


def test_what_is_saved_is_read(write, tmp_path):
    write()
    prior = bent(layers=3, features=4).float()
    save_companion(tmp_path / "model.pt", LATENT_PRIOR, prior)
    read = read_latent_prior(tmp_path / "model.pt")
    z = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(read.log_prob(z), prior.log_prob(z))
    assert len(read.layers) == 3
    assert not read.training
    assert not any(parameter.requires_grad for parameter in read.parameters())


def test_a_gaussian_is_read_too(write, tmp_path):
    write()
    save_companion(tmp_path / "model.pt", LATENT_PRIOR, LatentPrior(5, layers=0))
    assert len(read_latent_prior(tmp_path / "model.pt").layers) == 0


def test_the_gain_is_that_of_a_hand_count():
    loss, prior = L2Loss(), bent().float()
    network = small_network(loss).eval()
    found = measure_gain(network, loss, prior, PATCHES["test"], seed=4)
    generator, kl, gain, bits = torch.Generator().manual_seed(4), [], [], []
    with torch.no_grad():
        for batch in PATCHES["test"]:
            x = batch["image"]
            mu, log_var = network.encode(x)
            z = mu + (log_var / 2).exp() * torch.randn(mu.shape, generator=generator)
            kl.append(kl_divergence(mu, log_var))
            gain.append(prior.log_prob(z) - torch.distributions.Normal(0, 1).log_prob(z).sum(dim=1))
            error = (x - network.decode(z)).flatten(1).square().sum(dim=1)
            s = network.scale.item()
            nll = 64 * (math.log(2 * math.pi) / 2 + math.log(s)) + error / (2 * s**2)
            bits.append(bits_per_dimension(nll + kl[-1], 64))
    assert found.images == 12
    assert found.kl == pytest.approx(torch.cat(kl).mean().item(), rel=1e-5)
    assert found.gain == pytest.approx(torch.cat(gain).mean().item(), rel=1e-4)
    assert found.gain_bits == pytest.approx(found.gain / 64 / math.log(2))
    assert found.before == pytest.approx(torch.cat(bits).mean().item(), rel=1e-5)
    assert found.after == pytest.approx(found.before - found.gain_bits)


def test_a_prior_that_is_the_standard_normal_gains_nothing():
    loss = L2Loss()
    found = measure_gain(small_network(loss), loss, LatentPrior(5), PATCHES["test"])
    assert found.gain == pytest.approx(0, abs=1e-5)


def test_it_says_what_the_prior_gains_on_test_patches(write, tmp_path, capsys):
    path = write()
    assert path == tmp_path / "latent_prior.pt"
    printed = capsys.readouterr().out
    loss = L2Loss()
    found = measure_gain(small_network(loss), loss, read_latent_prior(tmp_path / "model.pt"), PATCHES["test"])
    said = re.search(r"([\d.]+) bits per dimension with N\(0, I\), ([\d.]+) with", printed).groups()
    assert [float(number) for number in said] == pytest.approx([found.before, found.after], abs=1e-4)
    assert re.search(r"On 12 test patches .* nats of KL", printed)
    assert "Step 20:" in printed
    assert str(path) in printed


@pytest.mark.parametrize("loss", [RobustLoss(), SSIMLoss()])
def test_a_loss_that_is_no_likelihood_has_a_gain_without_an_elbo(write, capsys, loss):
    write(loss)
    printed = capsys.readouterr().out
    assert "nats of KL" in printed
    assert ("Negative ELBO" in printed) == loss.is_likelihood


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale_tril", -torch.eye(5), "`scale_tril` in .* must have a positive diagonal, got -1"),
        ("mean", torch.full((5,), torch.nan), "must hold finite weights"),
        ("mean", torch.zeros(4), "wanted"),
    ],
)
def test_values_that_make_no_density_are_refused(write, tmp_path, name, value, message):
    path = write()
    torch.save({**torch.load(path, weights_only=True), name: value}, path)
    with pytest.raises(ValueError, match=message):
        read_latent_prior(tmp_path / "model.pt")
