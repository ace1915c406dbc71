"""The objective's terms equal those computed apart, and each gradient goes where it should."""

import copy

import pytest
import torch

from monai_blurvae.blur import FixedBlur, LeastSquaresBlur, MeasuredBlur, NetworkBlur
from monai_blurvae.functional import blur_error, circular_blur, kl_divergence, reparameterize
from monai_blurvae.keys import Keys
from monai_blurvae.losses import CrossEntropyLoss, L1Loss, L2Loss, SpectralLoss, WienerBlurLoss
from monai_blurvae.training import Objective
from tests.training.conftest import build_network


def network_blur(fit="circular", attach=False, **settings):
    return WienerBlurLoss(NetworkBlur(fit=fit, attach=attach), **settings)


LOSSES = {
    "omit": network_blur,
    "scale one": lambda: network_blur(scale=1.0),
    "exact": lambda: network_blur(attach=True, determinant="exact"),
    "epsilon": lambda: network_blur(attach=True, determinant="epsilon"),
    "fixed": lambda: WienerBlurLoss(FixedBlur.gaussian(2.0, (5, 5))),
    "least squares": lambda: WienerBlurLoss(LeastSquaresBlur((5, 5))),
    "measured": lambda: WienerBlurLoss(MeasuredBlur()),
    "l2": L2Loss,
    "l1": L1Loss,
    "ce": CrossEntropyLoss,
}
OF_THE_NETWORK = ("omit", "scale one", "exact", "epsilon")


def objective_of(loss, **settings):
    return Objective(build_network(likelihood=loss), loss, **settings)


def gradients_of(objective, term):
    network = objective.model
    network.zero_grad(set_to_none=True)
    term.backward()
    kernel = [p.grad for p in network.kernel_net.parameters()]
    vae = [p.grad for m in (network.encoder, network.decoder) for p in m.parameters()]
    return vae, kernel


@pytest.mark.parametrize("name", LOSSES)
def test_terms_equal_those_computed_apart_from_images(name, image, noise):
    objective = objective_of(LOSSES[name](), beta=0.5).eval()
    terms = objective(image, noise, epoch=1)
    network, loss = objective.model, objective.loss
    mu, log_var = network.encode(image)
    z = reparameterize(mu, log_var, noise)
    x_hat = network.decode(z)
    nll, kl = loss.per_image(x_hat, image, z).mean(), kl_divergence(mu, log_var).mean()
    torch.testing.assert_close(terms[Keys.RECONSTRUCTION], x_hat)
    torch.testing.assert_close(terms[Keys.NLL], nll)
    torch.testing.assert_close(terms[Keys.LOSS], nll + 0.5 * kl)
    assert (Keys.KERNEL_ERROR in terms) is (name in OF_THE_NETWORK)
    if name in OF_THE_NETWORK:
        kernel = network.kernel(z)
        torch.testing.assert_close(terms[Keys.KERNEL], kernel)
        torch.testing.assert_close(terms[Keys.KERNEL_ERROR], blur_error(image, x_hat, kernel).mean())
    else:
        assert terms[Keys.KERNEL] is None


@pytest.mark.parametrize("name", LOSSES)
def test_the_vae_loss_has_no_gradient_to_the_kernel_network(name, image, noise):
    objective = objective_of(LOSSES[name]())
    vae, kernel = gradients_of(objective, objective(image, noise, epoch=1)[Keys.LOSS])
    assert all(grad is None for grad in kernel)
    assert all(grad is not None for grad in vae)


@pytest.mark.parametrize("name", OF_THE_NETWORK)
def test_the_blur_error_has_a_gradient_only_to_the_kernel_network(name, image, noise):
    objective = objective_of(LOSSES[name]())
    vae, kernel = gradients_of(objective, objective(image, noise, epoch=1)[Keys.KERNEL_ERROR])
    assert all(grad is None for grad in vae)
    assert all(grad is not None and grad.abs().sum() > 0 for grad in kernel)


def test_the_exact_determinant_reaches_the_encoder_through_the_kernel(image, noise):
    """Attached, the encoder's gradient differs from the detached one: z adapts to the determinant."""
    grads = []
    for attach in (False, True):
        objective = objective_of(network_blur(attach=attach, determinant="exact")).eval()
        vae, _ = gradients_of(objective, objective(image, noise, epoch=1)[Keys.LOSS])
        grads.append(torch.cat([g.flatten() for g in vae]))
    assert not torch.allclose(grads[0], grads[1])


def test_the_attached_kernels_gradient_in_z_is_the_kernel_networks_own(network):
    z = torch.randn(3, 6, generator=torch.Generator().manual_seed(2)).requires_grad_()
    K = NetworkBlur(network.kernel_net, attach=True).transfer_function((5, 5), z)
    (attached,) = torch.autograd.grad(K.real.square().sum(), z)
    direct = torch.fft.rfft2(network.kernel(z).roll((-2, -2), (1, 2)))
    (wanted,) = torch.autograd.grad(direct.real.square().sum(), z)
    torch.testing.assert_close(attached, wanted)
    assert not NetworkBlur(network.kernel_net).transfer_function((5, 5), z).requires_grad


def test_while_warming_up_the_wiener_loss_is_l2_and_the_kernel_network_trains(image, noise):
    warm = objective_of(network_blur(scale=1.0), warmup_epochs=2)
    plain = objective_of(L2Loss(scale=1.0))
    torch.testing.assert_close(warm(image, noise, 2)[Keys.LOSS], plain(image, noise, 2)[Keys.LOSS])
    assert not torch.allclose(warm(image, noise, 3)[Keys.LOSS], plain(image, noise, 3)[Keys.LOSS])
    assert Keys.KERNEL_ERROR in warm(image, noise, 1)


def test_only_what_needs_a_warm_up_has_one():
    for name, make in LOSSES.items():
        assert objective_of(make(), warmup_epochs=2).warmup_epochs == (2 if name in OF_THE_NETWORK else 0)


def test_a_run_that_never_leaves_its_warm_up_is_refused():
    objective = objective_of(network_blur(), warmup_epochs=2)
    objective.check_epochs(3)
    with pytest.raises(ValueError, match="`warmup_epochs` must be less than `epochs`, got 2 of 2"):
        objective.check_epochs(2)
    objective_of(L2Loss(), warmup_epochs=2).check_epochs(2)


def test_the_optimal_scale_of_a_batch_is_the_root_of_the_mean_error(image, noise):
    """sigma-VAE: s^2 = mean(q) / D."""
    terms = objective_of(L2Loss())(image, noise, epoch=1)
    wanted = (terms[Keys.RECONSTRUCTION] - image).pow(2).mean().sqrt()
    torch.testing.assert_close(terms[Keys.SCALE], wanted)


def test_a_negative_beta_is_refused():
    with pytest.raises(ValueError, match="`beta` must be a number of at least 0, got -1"):
        objective_of(L2Loss(), beta=-1)


def test_the_blur_of_the_network_needs_a_kernel_network(image, noise):
    loss = network_blur()
    objective = Objective(build_network(kernel_net=False, likelihood=loss), loss)
    with pytest.raises(ValueError, match="`blur` must have a kernel network, got none"):
        objective(image, noise, epoch=1)


def test_the_kernel_may_be_fitted_away_from_the_borders(image, noise):
    valid = objective_of(network_blur(fit="valid", floor=0.5))(image, noise, epoch=1)
    circular = objective_of(network_blur(floor=0.5))(image, noise, epoch=1)
    difference = circular_blur(image, valid[Keys.KERNEL]) - valid[Keys.RECONSTRUCTION]
    interior = difference[..., 2:-2, 2:-2].square().flatten(1).sum(1)
    torch.testing.assert_close(valid[Keys.KERNEL_ERROR], interior.mean())
    torch.testing.assert_close(valid[Keys.LOSS], circular[Keys.LOSS])


def test_a_spectral_likelihood_warms_up_as_squared_error(image, noise):
    warm = objective_of(SpectralLoss(tempering=1.0), warmup_epochs=1).train()
    plain = objective_of(L2Loss()).train()
    assert torch.equal(warm(image, noise, epoch=1)[Keys.NLL], plain(image, noise, epoch=1)[Keys.NLL])
    assert warm(image, noise, epoch=2)[Keys.NLL] < plain(image, noise, epoch=2)[Keys.NLL]


def test_every_term_is_float32_under_bfloat16_autocast(image, noise):
    terms = objective_of(network_blur(), amp=True)(image, noise, epoch=1)
    assert {term.dtype for term in terms.values()} == {torch.float32}


def test_a_copy_of_a_model_keeps_its_kernel_network_bound_to_its_own_loss():
    objective = copy.deepcopy(objective_of(network_blur()))
    assert objective.loss.blur.kernel_net is objective.model.kernel_net


def test_a_loss_that_was_bound_to_another_model_is_refused():
    loss = network_blur()
    first = build_network(likelihood=loss)
    build_network(likelihood=loss)
    with pytest.raises(ValueError, match="`loss` must use the kernel network of `model`"):
        Objective(first, loss)


def test_a_loss_whose_state_would_not_be_saved_is_refused():
    with pytest.raises(ValueError, match=r"must be the model's `likelihood`, .*blur.numerator"):
        Objective(build_network(), WienerBlurLoss())
