import pytest
import torch

from monai_blurvae.networks import KernelNet


@pytest.mark.parametrize("kernel_size", [(5, 5), (3, 7), (3, 3, 5)])
def test_a_softmax_kernel_is_positive_with_unit_sum(kernel_size):
    torch.manual_seed(0)
    kernel = KernelNet(4, kernel_size, hidden_size=8)(torch.randn(3, 4))
    assert kernel.shape == (3, *kernel_size)
    assert bool((kernel > 0).all())
    torch.testing.assert_close(kernel.flatten(1).sum(1), torch.ones(3))


def test_a_free_kernel_is_the_two_linear_layers_output():
    torch.manual_seed(0)
    net = KernelNet(4, (3, 3), hidden_size=8, softmax=False)
    z = torch.randn(2, 4)
    first, _, second = net.layers
    hidden = torch.nn.functional.leaky_relu(z @ first.weight.T + first.bias)
    torch.testing.assert_close(net(z), (hidden @ second.weight.T + second.bias).reshape(2, 3, 3))


def test_the_papers_network_has_1000_hidden_units():
    net = KernelNet(256, (11, 11))
    assert net.layers[0].weight.shape == (1000, 256)
    assert net.layers[2].weight.shape == (11 * 11, 1000)


@pytest.mark.parametrize("kernel_size", [(4, 5), (0, 3), (-3, 3), ()])
def test_an_even_or_empty_kernel_is_refused(kernel_size):
    with pytest.raises(ValueError, match="`kernel_size` must have odd sizes"):
        KernelNet(4, kernel_size)
