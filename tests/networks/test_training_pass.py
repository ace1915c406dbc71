import pytest
import torch

from monai_blurvae.networks import TrainingPass


def _gradients(value, module):
    parameters = list(module.parameters())
    return torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True)


def _reaches(value, module):
    return [gradient is not None and bool(gradient.any()) for gradient in _gradients(value, module)]


@pytest.fixture
def noise():
    return torch.randn(3, 5, generator=torch.Generator().manual_seed(2))


def test_the_parts_are_those_of_the_network(network, image, noise):
    network.eval()  # batch norm does not depend on the batch: the parts can be recomputed
    parts = TrainingPass(network)(image, noise)
    mu, log_var = network.encode(image)
    assert torch.equal(parts.mu, mu)
    assert torch.equal(parts.log_var, log_var)
    torch.testing.assert_close(parts.z, mu + torch.exp(log_var / 2) * noise)
    assert torch.equal(parts.x_hat, network.decode(parts.z))
    assert torch.equal(parts.kernel, network.kernel(parts.z))


def test_without_noise_z_is_mu(network, image):
    parts = TrainingPass(network)(image, torch.zeros(3, 5))
    assert torch.equal(parts.z, parts.mu)


@pytest.mark.parametrize("attach_kernel", [False, True])
def test_both_kernels_are_equal_bit_for_bit(network, image, noise, attach_kernel):
    parts = TrainingPass(network)(image, noise, attach_kernel=attach_kernel)
    assert torch.equal(parts.kernel, parts.frozen_kernel)


def test_the_kernels_gradient_reaches_the_kernel_net_and_nothing_else(network, image, noise):
    parts = TrainingPass(network)(image, noise, attach_kernel=True)
    value = parts.kernel.square().sum()
    assert all(_reaches(value, network.kernel_net))
    assert not any(_reaches(value, network.encoder))
    assert not any(_reaches(value, network.decoder))


def test_the_attached_kernels_gradient_reaches_the_encoder_through_z_and_never_the_kernel_net(
    network, image, noise
):
    parts = TrainingPass(network)(image, noise, attach_kernel=True)
    value = parts.frozen_kernel.square().sum()
    assert all(_reaches(value, network.encoder))
    assert not any(_reaches(value, network.kernel_net))
    assert not any(_reaches(value, network.decoder))


def test_the_attached_kernels_gradient_in_z_is_the_kernel_nets_own(network, image, noise):
    parts = TrainingPass(network)(image, noise, attach_kernel=True)
    (through_pass,) = torch.autograd.grad(parts.frozen_kernel.square().sum(), parts.z)
    z = parts.z.detach().requires_grad_()
    (direct,) = torch.autograd.grad(network.kernel(z).square().sum(), z)
    assert torch.equal(through_pass, direct)


def test_a_detached_kernel_has_no_gradient(network, image, noise):
    assert not TrainingPass(network)(image, noise).frozen_kernel.requires_grad


def test_without_a_kernel_network_both_kernels_are_none(make_network, noise):
    parts = TrainingPass(make_network(with_kernel=False))(
        torch.zeros(3, 2, 16, 16), noise, attach_kernel=True
    )
    assert parts.kernel is None
    assert parts.frozen_kernel is None


def test_every_part_is_float32_under_bfloat16_autocast(network, image, noise):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = TrainingPass(network)(image, noise, attach_kernel=True)
    assert {part.dtype for part in parts} == {torch.float32}
