import subprocess
import sys

import pytest
import torch

from monai_blurvae.blur import NetworkBlur
from monai_blurvae.losses import (
    CrossEntropyLoss,
    FocalFrequencyLoss,
    L1Loss,
    L2Loss,
    ReconstructionLoss,
    RobustLoss,
    WienerBlurLoss,
    check_same_shape,
)


def given_kernels(attach=False, **settings):
    """A Wiener term whose latents are the kernels: a way to state each image's own."""
    return WienerBlurLoss(NetworkBlur(torch.nn.Identity(), fit="circular", attach=attach), **settings)


LOSSES = [
    L1Loss(),
    L2Loss(),
    CrossEntropyLoss(),
    FocalFrequencyLoss(),
    RobustLoss(),
    given_kernels(),
    given_kernels(determinant="exact", scale=0.5),
    WienerBlurLoss("measured"),
]


def batch(*size, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x_hat, x = torch.rand(2, 3, 2, *size, generator=generator) * 2 - 1
    kernel = torch.rand(3, *([3] * len(size)), generator=generator).flatten(1).softmax(dim=1)
    return x_hat, x, kernel.reshape(3, *([3] * len(size)))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("size", [(6, 5), (4, 5, 6)])
def test_every_term_gives_one_finite_number_per_image_in_any_dimension(loss, size):
    value = loss.per_image(*batch(*size))
    assert value.shape == (3,)
    assert value.isfinite().all()


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_every_term_sends_a_finite_gradient_to_the_reconstruction(loss):
    x_hat, x, kernel = batch(6, 6)
    x_hat.requires_grad_()
    loss(x_hat, x, kernel).mean().backward()
    assert x_hat.grad.isfinite().all()
    assert x_hat.grad.abs().sum() > 0


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_every_term_computes_bfloat16_inside_autocast_in_float32(loss):
    loss.eval()  # a measured blur stays as it is
    x_hat, x, kernel = (t.bfloat16() for t in batch(6, 6))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = loss.per_image(x_hat, x, kernel)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, loss.per_image(x_hat.float(), x.float(), kernel.float()))


def test_a_reconstruction_that_would_be_broadcast_is_refused():
    with pytest.raises(
        ValueError, match=r"`input` must have the shape of `target`, \(2, 1, 4, 4\), got \(1, 1, 4, 4\)"
    ):
        check_same_shape(torch.zeros(1, 1, 4, 4), torch.zeros(2, 1, 4, 4))


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(1, 4, 4),
        torch.zeros(0, 1, 4, 4),
        torch.zeros(1, 1, 4, 4).long(),
        torch.zeros(1, 1, 4, 4) + 0j,
    ],
    ids=["no batch axis", "no image", "integers", "complex"],
)
def test_what_is_no_batch_of_images_is_refused(images):
    for name, pair in (("input", (images, images)), ("target", (torch.zeros(1, 1, 4, 4), images))):
        with pytest.raises(ValueError, match=f"`{name}` must be real images, .* got {images.dtype}"):
            check_same_shape(*pair)


def test_the_base_class_is_no_term_of_its_own():
    with pytest.raises(NotImplementedError):
        ReconstructionLoss()(*batch(4, 4))


@pytest.mark.parametrize("loss", [L1Loss, L2Loss, CrossEntropyLoss, RobustLoss, WienerBlurLoss])
def test_the_reductions_are_monais(loss):
    x_hat, x, _ = batch(16, 16)
    values = loss().eval()
    per_image = values.per_image(x_hat, x)
    for reduction, wanted in (("none", per_image), ("mean", per_image.mean()), ("sum", per_image.sum())):
        values.reduction = reduction
        assert torch.equal(values(x_hat, x), wanted)


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="`reduction` must be one of mean, sum, none, got 'max'"):
        L2Loss(reduction="max")


def test_likelihoods_can_be_traced():
    """In a process of its own: the tests' checks of shapes are no operations that torch could trace."""
    script = """
import warnings
import torch
from monai_blurvae.losses import L1Loss, L2Loss, WienerBlurLoss
warnings.simplefilter("ignore")
x, y = torch.rand(2, 2, 1, 16, 16)
for loss in (L1Loss(), L2Loss(), WienerBlurLoss("fixed"), WienerBlurLoss("measured")):
    loss.train()(0.5 * x, x)
    traced = torch.jit.trace(loss.eval(), (y, x))
    torch.testing.assert_close(traced(x, y), loss(x, y))
"""
    subprocess.run([sys.executable, "-c", script], check=True)
