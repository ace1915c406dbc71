import pytest
import torch
from torch.autograd import gradcheck

from monai_blurvae.networks import PixelScale
from monai_blurvae.networks.pixel_scale import LIMIT


@pytest.fixture
def network():
    torch.manual_seed(0)
    return PixelScale(features=3).double()


def means(n, size=9):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(n, 1, size, size, generator=generator, dtype=torch.float64) * 2 - 1


def test_every_pixel_far_from_the_others_has_a_scale_of_its_own_surroundings(network):
    x = means(1, 16)
    changed = x.clone()
    changed[..., 0, 0] += 1
    different = network(changed) != network(x)
    reach = 2 + 1 + 1  # half of the three convolutions' sizes
    assert different[..., : reach + 1, : reach + 1].any()
    assert not different[..., reach + 1 :, :].any()
    assert not different[..., reach + 1 :].any()


def test_a_constant_mean_has_one_scale_up_to_the_borders(network):
    log_g = network(torch.full((1, 1, 7, 6), 0.3, dtype=torch.float64))
    torch.testing.assert_close(log_g, log_g[..., :1, :1].expand_as(log_g))


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_logarithm_stays_between_its_limits(network, sign):
    torch.nn.init.constant_(network.layers[-1].bias, sign * 1e6)
    torch.testing.assert_close(network(means(1)), torch.full((1, 1, 9, 9), sign * LIMIT, dtype=torch.float64))


def test_it_has_a_derivative_and_knows_each_image_alone(network):
    x = means(3)
    torch.testing.assert_close(network(x), torch.cat([network(one) for one in x.split(1)]))
    assert gradcheck(network, means(1, 6).requires_grad_(), fast_mode=True)


@pytest.mark.parametrize("arguments", [{"channels": 0}, {"features": -1}])
def test_sizes_that_are_not_positive_are_refused(arguments):
    with pytest.raises(ValueError, match="must be an integer of at least 1, got"):
        PixelScale(**arguments)
