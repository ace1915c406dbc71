import math

import pytest
import torch

from monai_blurvae.blur import FixedBlur, NetworkBlur
from monai_blurvae.functional import (
    blur_error,
    delta_kernel,
    full_spectrum_sum,
    gaussian_kernel,
    transfer_function,
    wiener_power,
)
from monai_blurvae.losses import L2Loss, WienerBlurLoss, make_loss
from tests import oracles
from tests.losses.test_base import given_kernels
from tests.oracles import images_and_kernels

C, SIZE = 0.025, (5, 6)


def example(**kwargs):
    return images_and_kernels(SIZE, (3, 3), **kwargs)


def test_with_the_exact_determinant_the_loss_is_the_dense_gaussian():
    x, x_hat, kernel = example()
    given = given_kernels(determinant="exact", scale=0.4).per_image(x_hat, x, kernel)
    q = oracles.weighted_error(x - x_hat, kernel, C)
    h = oracles.exact_half_log_determinant(kernel, C, SIZE, 2)
    torch.testing.assert_close(given, 30 * math.log(2 * math.pi * 0.4**2) + h + q / (2 * 0.4**2))


def test_the_true_likelihood_has_the_exact_determinant_whatever_training_uses():
    x, x_hat, kernel = example()
    exact = given_kernels(determinant="exact", scale=0.4).per_image(x_hat, x, kernel)
    for determinant in ("omit", "epsilon", "exact"):
        loss = given_kernels(determinant=determinant)
        torch.testing.assert_close(loss.neg_log_likelihood(x_hat, x, 0.4, kernel), exact)


def test_omitting_the_determinant_leaves_the_error_alone():
    x, x_hat, kernel = example()
    energy = given_kernels().energy(x_hat, x, kernel)
    torch.testing.assert_close(energy.error, oracles.weighted_error(x - x_hat, kernel, C))
    assert torch.equal(energy.half_log_determinant, torch.zeros(2).double())


def test_a_delta_kernel_gives_the_l2_likelihood_at_the_optimal_scale():
    x, x_hat, _ = example()  # weights equal everywhere are absorbed by the scale
    delta = delta_kernel((3, 3)).double().expand(2, 3, 3)
    given = given_kernels(determinant="exact").per_image(x_hat, x, delta)
    torch.testing.assert_close(given, L2Loss().per_image(x_hat, x))


def test_the_table_6_figure_is_half_the_error_and_the_epsilon_determinant():
    x, x_hat, kernel = example()
    q = oracles.weighted_error(x - x_hat, kernel, C)
    h = oracles.epsilon_half_log_determinant(kernel, 0.5, SIZE, 2)
    torch.testing.assert_close(given_kernels().table6_bound(x_hat, x, kernel), h + q / 2)


@pytest.mark.parametrize("determinant", ["omit", "epsilon", "exact"])
def test_the_kernels_own_step_changes_nothing_of_the_term(determinant):
    x, x_hat, kernel = example()
    loss = given_kernels(determinant=determinant, scale=0.4)
    terms = loss.terms(x_hat, x, kernel)
    torch.testing.assert_close(terms.nll, loss._scaled(loss.energy(x_hat, x, kernel), 60).nll)
    torch.testing.assert_close(terms.kernel_error, blur_error(x, x_hat, kernel))
    assert torch.equal(terms.kernel, kernel)


@pytest.mark.parametrize(
    ("determinant", "detach_kernel", "flows"),
    [
        ("omit", None, False),
        ("epsilon", None, True),
        ("exact", None, True),
        ("omit", False, True),
        ("exact", True, False),
    ],
)
def test_the_kernels_gradient_flows_where_one_argument_says(determinant, detach_kernel, flows):
    x, x_hat, kernel = (t.requires_grad_() for t in example())
    loss = make_loss({"determinant": determinant, "detach_kernel": detach_kernel})
    loss.blur.bind(torch.nn.Identity())
    loss(x_hat, x, kernel).backward()
    assert loss.blur.attach is flows
    assert (kernel.grad is not None and bool(kernel.grad.abs().sum() > 0)) is flows
    assert x_hat.grad.abs().sum() > 0


@pytest.mark.parametrize("determinant", ["omit", "epsilon", "exact"])
def test_it_passes_gradcheck_at_a_fixed_scale(determinant):
    x, x_hat, kernel = (t.requires_grad_() for t in images_and_kernels((3, 4), (3, 3), batch=1, channels=1))
    loss = given_kernels(attach=True, determinant=determinant, scale=0.5)
    assert torch.autograd.gradcheck(loss, (x_hat, x, kernel))


def test_at_a_fixed_scale_no_image_changes_anothers_loss():
    x, x_hat, kernel = example(batch=3)
    loss = given_kernels(determinant="exact", scale=1.0)
    single = [loss.per_image(x_hat[i : i + 1], x[i : i + 1], kernel[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(loss.per_image(x_hat, x, kernel), torch.cat(single))


def test_a_fixed_gaussian_kernel_is_the_same_for_all_images():
    x, x_hat, _ = example()
    fixed = WienerBlurLoss(FixedBlur.gaussian(2.0, (5, 5)), determinant="exact")
    same = gaussian_kernel(2.0, (5, 5)).double().expand(2, 5, 5)
    wanted = given_kernels(determinant="exact").per_image(x_hat, x, same)
    assert not fixed.needs_kernel_net
    assert WienerBlurLoss("network").needs_kernel_net
    torch.testing.assert_close(fixed.per_image(x_hat, x), wanted, rtol=1e-5, atol=1e-5)  # kernel in float32


def test_a_fixed_kernel_is_configuration_and_no_weight():
    assert not WienerBlurLoss("fixed").state_dict()


def test_damped_frequencies_weigh_more_than_untouched_ones():
    # variance 0.4 damps a checkerboard to K = 0.077: weight 6.2, where a constant has (1 + C)^-2 = 0.95
    loss = WienerBlurLoss(FixedBlur.gaussian(0.4, (5, 5)))
    constant = torch.ones(1, 1, 8, 8)
    sign = 1 - 2 * (torch.arange(8) % 2).float()
    checkerboard = (sign[:, None] * sign)[None, None]
    zero = torch.zeros_like(constant)
    assert loss.energy(zero, checkerboard).error > 6 * loss.energy(zero, constant).error


def test_missing_latents_and_a_missing_kernel_network_are_refused():
    x, x_hat, kernel = example()
    with pytest.raises(ValueError, match='`z` must be given with the blur "network"'):
        given_kernels()(x_hat, x)
    with pytest.raises(ValueError, match="`blur` must have a kernel network, got none"):
        WienerBlurLoss("network")(x_hat, x, kernel)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: WienerBlurLoss(C=0.0), "`C` must be positive"),
        (lambda: WienerBlurLoss(C=-0.1), "`C` must be positive"),
        (lambda: WienerBlurLoss(epsilon=-1.0), "`epsilon` must be a number of at least 0, got -1.0"),
        (lambda: WienerBlurLoss(epsilon=float("nan")), "`epsilon` must be a number of at least 0, got nan"),
        (lambda: WienerBlurLoss(determinant="exakt"), "`determinant` must be one of omit, epsilon, exact"),
        (lambda: WienerBlurLoss("measure"), "`blur` must be a source or one of fixed, network"),
        (lambda: FixedBlur.gaussian(2.0, (4, 4)), "must have odd sizes"),
        (lambda: FixedBlur.gaussian(-2.0, (5, 5)), "`variance` must be positive"),
        (lambda: WienerBlurLoss(scale=0.0), "`scale` must be a positive number"),
        (lambda: NetworkBlur(fit="reflect"), "`kernel_fit` must be"),
    ],
)
def test_arguments_out_of_range_are_refused(make, rule):
    with pytest.raises(ValueError, match=rule):
        make()


@pytest.mark.parametrize(("kernel_size", "rule"), [((2, 3), "odd sizes"), ((7, 7), "fit into an image")])
def test_kernels_of_a_wrong_size_are_refused(kernel_size, rule):
    x, x_hat, _ = example()
    with pytest.raises(ValueError, match=rule):
        given_kernels()(x_hat, x, torch.ones(2, *kernel_size))


def test_a_floor_bounds_weights_and_determinant_alike():
    x, x_hat, kernel = example()
    kernel = gaussian_kernel(2.0, (3, 3))[None].expand_as(kernel).to(kernel)
    floor = 1 / (1 + C) ** 2
    error, half_log_det = given_kernels(determinant="exact", floor=floor).energy(x_hat, x, kernel)
    squared = L2Loss().energy(x_hat, x).error
    assert (error >= floor * squared * (1 - 1e-9)).all()
    assert (error <= squared / (4 * C)).all()
    power = wiener_power(transfer_function(kernel, SIZE), C).clamp_min(floor)
    assert power.min() == floor
    torch.testing.assert_close(
        half_log_det, -full_spectrum_sum(power.log(), SIZE)
    )  # half a log, two channels


def test_a_floor_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="`floor` must be positive and finite, got 0"):
        WienerBlurLoss(floor=0)
