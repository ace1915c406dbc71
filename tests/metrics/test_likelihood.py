import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal, Normal
from torch.distributions import kl_divergence as torch_kl_divergence

from monai_blurvae.blur import NetworkBlur
from monai_blurvae.keys import Keys
from monai_blurvae.losses import CrossEntropyLoss, L1Loss, L2Loss, WienerBlurLoss
from monai_blurvae.metrics import BitsPerDimension, Table6Bound, Unavailable, likelihood_metrics

LEVELS = math.log2(127.5)
"""What 256 levels over [-1, 1] add to a density's bits."""


class TheKernels(nn.Module):
    """A kernel network that gives the output's own kernels, whatever the latents."""

    def __init__(self, kernels):
        super().__init__()
        self.kernels = kernels

    def forward(self, z):
        return self.kernels[: len(z)]


@pytest.fixture
def small(output):
    """The output cut to 6x6 images and 3x3 kernels in float64, small enough for dense covariances."""
    pictures = {
        key: output[key][..., :6, :6].double() for key in (Keys.IMAGE, Keys.RECONSTRUCTION, Keys.SAMPLED)
    }
    kernel = output[Keys.KERNEL][:, 1:4, 1:4].double()
    return {**output, **pictures, Keys.KERNEL: kernel / kernel.sum(dim=(1, 2), keepdim=True)}


def nats_of_kl(output):
    posterior = Normal(output[Keys.MU].double(), (output[Keys.LOG_VAR].double() / 2).exp())
    return torch_kl_divergence(posterior, Normal(0.0, 1.0)).sum(dim=1)


def dense_precision(kernel, size, C):
    """Build W^T W from the circulant matrix W of the Wiener weights, column by column, with numpy."""
    padded = np.zeros((size, size))
    padded[:3, :3] = kernel
    K = np.fft.fft2(np.roll(padded, (-1, -1), axis=(0, 1)))
    w = K.conj() / (abs(K) ** 2 + C)
    impulses = np.eye(size * size).reshape(-1, size, size)
    W = np.fft.ifft2(w * np.fft.fft2(impulses)).real.reshape(size * size, -1).T
    return torch.from_numpy(W.T @ W)


def test_bits_per_dimension_of_l2_are_those_of_an_isotropic_normal(small, measure):
    scale = 0.3
    residual = (small[Keys.IMAGE] - small[Keys.SAMPLED]).flatten(1)
    nll = -MultivariateNormal(torch.zeros(36).double(), scale**2 * torch.eye(36).double()).log_prob(residual)
    expected = (nll + nats_of_kl(small)).mean().item() / (36 * math.log(2)) + LEVELS
    assert measure(BitsPerDimension(L2Loss(), lambda: scale), small) == pytest.approx(expected, rel=1e-6)


def test_bits_per_dimension_of_the_wiener_loss_are_those_of_the_dense_normal(small, measure):
    scale, C = 0.2, 0.025
    residual = (small[Keys.IMAGE] - small[Keys.SAMPLED]).flatten(1)
    precisions = torch.stack([dense_precision(kernel, 6, C) for kernel in small[Keys.KERNEL].numpy()])
    normal = MultivariateNormal(torch.zeros(8, 36).double(), precision_matrix=precisions / scale**2)
    expected = (nats_of_kl(small) - normal.log_prob(residual)).mean().item() / (36 * math.log(2)) + LEVELS
    blur = NetworkBlur(TheKernels(small[Keys.KERNEL]), fit="circular")
    value = measure(
        BitsPerDimension(WienerBlurLoss(blur, C=C), lambda: scale),
        small,
    )
    assert value == pytest.approx(expected, rel=1e-6)


def test_a_perfect_laplace_of_density_one_costs_the_levels_alone(measure):
    # L1 with s = 1/2 has density 1 where the error is 0, and the posterior equals the prior
    image, zero = torch.zeros(2, 1, 4, 4), torch.zeros(2, 3)
    output = {Keys.IMAGE: image, Keys.SAMPLED: image, Keys.MU: zero, Keys.LOG_VAR: zero}
    assert measure(BitsPerDimension(L1Loss(), lambda: 0.5), output) == pytest.approx(LEVELS, rel=1e-6)


def test_the_scale_is_read_from_the_network_at_every_batch(output, measure):
    network = nn.Module()
    network.register_buffer("scale", torch.tensor(1.0))
    metric = BitsPerDimension(L2Loss(), network)
    before = measure(metric, output)
    network.scale.fill_(0.1)
    assert measure(metric, output) == pytest.approx(measure(BitsPerDimension(L2Loss(), lambda: 0.1), output))
    assert measure(metric, output) < before


def test_table_6_of_l2_is_half_the_squared_error_plus_kl(output, measure):
    squared = (output[Keys.IMAGE] - output[Keys.SAMPLED]).double().square().sum(dim=(1, 2, 3))
    expected = (squared / 2 + nats_of_kl(output)).mean().item()
    assert measure(Table6Bound(L2Loss()), output) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "names"),
    [
        (WienerBlurLoss(), {"bits_per_dimension", "table6_bound"}),
        (L2Loss(), {"bits_per_dimension", "table6_bound"}),
        (L1Loss(), {"bits_per_dimension"}),
        (CrossEntropyLoss(), set()),
    ],
)
def test_a_loss_has_the_measures_its_likelihood_allows(loss, names):
    metrics = likelihood_metrics(loss, lambda: 1.0)
    assert metrics.keys() == {"bits_per_dimension", "table6_bound"}
    assert {name for name, metric in metrics.items() if not isinstance(metric, Unavailable)} == names


def test_what_is_no_likelihood_says_so():
    metrics = likelihood_metrics(CrossEntropyLoss(), lambda: 1.0)
    assert {metric.compute().reason for metric in metrics.values()} == {"not a likelihood"}


def test_a_missing_key_is_named(output, measure):
    del output[Keys.SAMPLED]
    with pytest.raises(ValueError, match=r"must hold the key 'pred_z', got .*'image'"):
        measure(BitsPerDimension(L2Loss(), lambda: 1.0), output)
