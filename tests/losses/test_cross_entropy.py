import math

import torch

from monai_blurvae.losses import CrossEntropyLoss
from tests.losses.test_base import batch


def test_it_is_torchs_binary_cross_entropy_on_the_unit_range():
    x_hat, x, _ = batch(6, 5)
    p, t = (x_hat + 1) / 2, (x + 1) / 2
    wanted = torch.nn.functional.binary_cross_entropy(p, t, reduction="none").flatten(1).sum(dim=1)
    torch.testing.assert_close(CrossEntropyLoss().per_image(x_hat, x), wanted)


def test_it_is_least_where_the_reconstruction_is_the_image():
    _, x, _ = batch(6, 5)
    at_best = CrossEntropyLoss().per_image(x, x)
    for shift in (-0.05, 0.05):
        assert (CrossEntropyLoss().per_image((x + shift).clamp(-1, 1), x) > at_best).all()


def test_saturated_pixels_cost_what_the_smallest_probability_costs():
    black, white = -torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    torch.testing.assert_close(
        CrossEntropyLoss().per_image(black, white), torch.tensor([-4 * math.log(1e-6)])
    )
    # 1 - 1e-6 is off by half a rounding step of float32, 3e-8: a pixel costs 1e-6 to within 6 percent
    torch.testing.assert_close(
        CrossEntropyLoss().per_image(white, white), torch.tensor([4e-6]), rtol=0.1, atol=0
    )


def test_it_passes_gradcheck_inside_the_range():
    x_hat, x, _ = (t.double().requires_grad_() for t in batch(2, 3))
    assert torch.autograd.gradcheck(CrossEntropyLoss(), (x_hat, x))


def test_it_is_no_likelihood_and_needs_no_kernel():
    assert not CrossEntropyLoss.is_likelihood
    assert not CrossEntropyLoss.needs_kernel_net
