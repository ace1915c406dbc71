"""The objective's terms equal those computed apart, and each gradient goes where it should."""

import pytest
import torch

from monai_blurvae.functional.blur import blur_error, circular_blur
from monai_blurvae.functional.gaussian import kl_divergence
from monai_blurvae.keys import Keys
from monai_blurvae.losses import CrossEntropyLoss, L1Loss, L2Loss, SpectralLoss, WienerBlurLoss
from monai_blurvae.networks import TrainingPass
from monai_blurvae.training import Objective
from tests.training.conftest import build_network

LOSSES = [
    WienerBlurLoss(),
    WienerBlurLoss(scale=1.0),
    WienerBlurLoss(determinant="exact"),
    WienerBlurLoss(determinant="epsilon"),
    WienerBlurLoss(fixed_variance=2.0, kernel_size=(5, 5)),
    L2Loss(),
    L1Loss(),
    CrossEntropyLoss(),
]
NAMES = ["omit", "scale one", "exact", "epsilon", "fixed", "l2", "l1", "ce"]


def gradients_of(network, loss_term):
    network.zero_grad(set_to_none=True)
    loss_term.backward()
    kernel = [p.grad for p in network.kernel_net.parameters()]
    vae = [p.grad for m in (network.encoder, network.decoder) for p in m.parameters()]
    return vae, kernel


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_terms_equal_those_computed_apart_from_images(loss, network, image, noise):
    parts = TrainingPass(network)(image, noise, False)
    terms = Objective(loss, beta=0.5)(parts, image, epoch=1)
    nll = loss(parts.x_hat, image, parts.kernel).mean()
    kl = kl_divergence(parts.mu, parts.log_var).mean()
    torch.testing.assert_close(terms[Keys.NLL], nll)
    torch.testing.assert_close(terms[Keys.LOSS], nll + 0.5 * kl)
    torch.testing.assert_close(terms[Keys.KERNEL_ERROR], blur_error(image, parts.x_hat, parts.kernel).mean())


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_the_vae_loss_has_no_gradient_to_the_kernel_network(loss, network, image, noise):
    objective = Objective(loss)
    parts = TrainingPass(network)(image, noise, objective.attach_kernel)
    vae, kernel = gradients_of(network, objective(parts, image, epoch=1)[Keys.LOSS])
    assert all(grad is None for grad in kernel)
    assert all(grad is not None for grad in vae)


def test_the_blur_error_has_a_gradient_to_the_kernel_network_alone(network, image, noise):
    parts = TrainingPass(network)(image, noise, False)
    vae, kernel = gradients_of(network, Objective(WienerBlurLoss())(parts, image, epoch=1)[Keys.KERNEL_ERROR])
    assert all(grad is None for grad in vae)
    assert all(grad is not None and grad.abs().sum() > 0 for grad in kernel)


def test_the_exact_determinant_reaches_the_encoder_through_the_kernel(network, image, noise):
    """Attached, the encoder's gradient differs from the detached one: z adapts to the determinant."""
    grads = []
    for detach in (True, False):
        objective = Objective(WienerBlurLoss(determinant="exact", detach_kernel=detach))
        parts = TrainingPass(network.eval())(image, noise, objective.attach_kernel)
        vae, _ = gradients_of(network, objective(parts, image, epoch=1)[Keys.LOSS])
        grads.append(torch.cat([g.flatten() for g in vae]))
    assert not torch.allclose(grads[0], grads[1])


def test_while_warming_up_the_wiener_loss_is_l2_and_the_kernel_network_trains(network, image, noise):
    parts = TrainingPass(network)(image, noise, False)
    warm = Objective(WienerBlurLoss(scale=1.0), warmup_epochs=2)
    plain = Objective(L2Loss(scale=1.0))
    torch.testing.assert_close(warm(parts, image, 2)[Keys.LOSS], plain(parts, image, 2)[Keys.LOSS])
    assert not torch.allclose(warm(parts, image, 3)[Keys.LOSS], plain(parts, image, 3)[Keys.LOSS])
    assert Keys.KERNEL_ERROR in warm(parts, image, 1)


def test_a_network_without_a_kernel_network_has_no_blur_error(image, noise):
    parts = TrainingPass(build_network(kernel_net=False))(image, noise, False)
    assert Keys.KERNEL_ERROR not in Objective(L2Loss())(parts, image, epoch=1)


def test_the_optimal_scale_of_a_batch_is_the_root_of_the_mean_error(network, image, noise):
    """sigma-VAE: s^2 = mean(q) / D."""
    parts = TrainingPass(network)(image, noise, False)
    scale = Objective(L2Loss())(parts, image, epoch=1)[Keys.SCALE]
    torch.testing.assert_close(scale, (parts.x_hat - image).pow(2).mean().sqrt().detach())


def test_a_negative_beta_is_refused():
    with pytest.raises(ValueError, match="`beta` must be a number of at least 0, got -1"):
        Objective(L2Loss(), beta=-1)


def test_a_kernel_loss_needs_a_kernel_network(image, noise):
    parts = TrainingPass(build_network(kernel_net=False))(image, noise, False)
    with pytest.raises(ValueError, match="kernel"):
        Objective(WienerBlurLoss())(parts, image, epoch=1)


def test_the_kernel_may_be_fitted_away_from_the_borders(network, image, noise):
    parts = TrainingPass(network)(image, noise, False)
    valid = Objective(WienerBlurLoss(), kernel_fit="valid")(parts, image, epoch=1)
    circular = Objective(WienerBlurLoss())(parts, image, epoch=1)
    interior = (circular_blur(image, parts.kernel) - parts.x_hat)[..., 2:-2, 2:-2].square().flatten(1).sum(1)
    torch.testing.assert_close(valid[Keys.KERNEL_ERROR], interior.mean())
    torch.testing.assert_close(valid[Keys.LOSS], circular[Keys.LOSS])


def test_an_unknown_kernel_fit_is_refused():
    with pytest.raises(ValueError, match="`kernel_fit` must be"):
        Objective(L2Loss(), kernel_fit="reflect")


def test_a_spectral_likelihood_warms_up_as_squared_error(network, image, noise):
    parts = TrainingPass(network)(image, noise)
    warm = Objective(SpectralLoss(tempering=1.0).train(), warmup_epochs=1)
    plain = Objective(L2Loss())
    assert torch.equal(warm(parts, image, epoch=1)[Keys.NLL], plain(parts, image, epoch=1)[Keys.NLL])
    assert warm(parts, image, epoch=2)[Keys.NLL] < plain(parts, image, epoch=2)[Keys.NLL]
