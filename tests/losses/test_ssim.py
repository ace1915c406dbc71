import pytest
import torch
from skimage.metrics import structural_similarity

from monai_blurvae.losses import SSIMLoss


def pair(channels, *size):
    generator = torch.Generator().manual_seed(0)
    x_hat, x = torch.rand(2, 2, channels, *size, generator=generator) * 2 - 1
    return 0.5 * x_hat + 0.5 * x, x


def similarity(x_hat, x):
    """scikit-image's, in float64, over the positions where the window lies within the image."""
    one, other = (((image + 1) / 2).double().numpy() for image in (x_hat, x))
    _, full = structural_similarity(
        one,
        other,
        win_size=11,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1,
        full=True,
    )
    return full[(slice(5, -5),) * one.ndim].mean()


@pytest.mark.parametrize(("channels", "size"), [(1, (14, 12)), (3, (12, 13)), (1, (12, 11, 13))])
def test_it_is_half_the_lack_of_scikit_images_similarity_times_the_number_of_values(channels, size):
    x_hat, x = pair(channels, *size)
    wanted = [
        sum((1 - similarity(x_hat[i, c], x[i, c])) / 2 * x[0, 0].numel() for c in range(channels))
        for i in range(2)
    ]
    given = SSIMLoss(len(size)).per_image(x_hat, x)
    torch.testing.assert_close(given.double(), torch.tensor(wanted, dtype=torch.float64), rtol=1e-4, atol=0)


def test_its_gradient_is_that_of_scikit_images_value():
    x_hat, x = pair(1, 12, 12)
    x_hat.requires_grad_()
    (gradient,) = torch.autograd.grad(SSIMLoss().per_image(x_hat, x).sum(), x_hat)
    x_hat = x_hat.detach().double()
    for row, column in ((0, 0), (5, 6), (11, 3)):
        step = torch.zeros_like(x_hat[0, 0])
        step[row, column] = 1e-5
        up, down = (similarity(x_hat[0, 0] + sign * step, x[0, 0]) for sign in (1, -1))
        wanted = -144 / 2 * (up - down) / 2e-5
        assert float(gradient[0, 0, row, column]) == pytest.approx(wanted, rel=1e-3, abs=1e-5)


def test_opposite_textures_cost_more_than_unrelated_ones_and_nothing_costs_more_than_every_value():
    x = pair(1, 16, 16)[1]
    opposite = SSIMLoss().per_image(-x, x)
    assert (opposite > SSIMLoss().per_image(x.flip(-1), x)).all()
    assert (opposite <= 256).all()


@pytest.mark.parametrize("size", [(10, 12), (12, 12, 12)])
def test_images_that_hold_no_window_or_have_other_axes_are_refused(size):
    with pytest.raises(ValueError, match="`target` must have 2 spatial axes of at least 11 pixels"):
        SSIMLoss().per_image(*pair(1, *size))


def test_other_numbers_of_axes_are_refused():
    with pytest.raises(ValueError, match="`spatial_dims` must be 2 or 3, got 1"):
        SSIMLoss(1)


def test_it_is_no_likelihood_and_needs_no_kernel():
    assert not SSIMLoss.is_likelihood
    assert not SSIMLoss.needs_kernel_net
