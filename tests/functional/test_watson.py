import cmath
import math

import numpy as np
import pytest
import torch

from monai_blurvae.functional import WatsonWeights, watson_distance


def images(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, height, width, generator=generator, dtype=torch.float64)


def weights(luminance=0.3, contrast=0.2, pooling=0.7, seed=1):
    generator = torch.Generator().manual_seed(seed)
    t, phase = torch.rand(2, 8, 5, generator=generator, dtype=torch.float64) + 0.1
    numbers = (torch.tensor(value, dtype=torch.float64) for value in (luminance, contrast, pooling))
    return WatsonWeights(t, *numbers, phase)


def loop(x_hat, x, given):
    """The distance of one image, frequency by frequency, from the paper's formulas in plain numbers."""
    t, alpha, w, beta, phase = (np.asarray(part) for part in given)
    corners = [(i, j) for i in range(0, x.shape[0], 8) for j in range(0, x.shape[1], 8)]
    blocks, blocks_hat = (
        [np.fft.rfft2(np.asarray(image[i : i + 8, j : j + 8])) / 64 for i, j in corners]
        for image in (x, x_hat)
    )
    mean = sum(abs(c[0, 0]) for c in blocks) / len(blocks)
    pooled, angles = 0.0, 0.0
    for c, c_hat in zip(blocks, blocks_hat, strict=True):
        for i in range(8):
            for j in range(5):
                amplitude = abs(c[i, j])
                t_l = t[i, j] * (abs(c[0, 0]) / mean) ** alpha
                masked = amplitude**w * t_l ** (1 - w)
                s = (t_l * math.exp(t_l) + masked * math.exp(masked)) / (math.exp(t_l) + math.exp(masked))
                pooled += (abs(amplitude - abs(c_hat[i, j])) / s) ** beta
                angles += phase[i, j] * abs(cmath.phase(c_hat[i, j] / c[i, j]))
    return pooled ** (1 / beta) + angles


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 24)])
@pytest.mark.parametrize("pooling", [0.7, 1.0, 2.0])
def test_it_is_the_papers_formula_block_by_block(height, width, pooling):
    x_hat, x = images(height, width)
    given = weights(pooling=pooling)
    wanted = torch.tensor([loop(x_hat[i], x[i], given) for i in range(3)], dtype=torch.float64)
    torch.testing.assert_close(watson_distance(x_hat, x, given), wanted, rtol=1e-4, atol=0)


def test_a_block_moved_by_a_pixel_differs_in_phase_alone_by_two_pi_f():
    x = images(8, 8)[0]
    given = weights(luminance=0.0)
    frequency = torch.fft.fftfreq(8, dtype=torch.float64).abs()[:, None].expand(8, 5)
    wanted = (given.phase * 2 * math.pi * frequency).sum().expand(3)
    # what is left of the amplitudes are the constants that keep powers differentiable
    torch.testing.assert_close(watson_distance(x.roll(1, dims=1), x, given), wanted, rtol=1e-4, atol=0)


def test_it_is_least_and_its_gradient_zero_where_the_reconstruction_is_the_image():
    x = images(16, 8)[0]
    x_hat = x.clone().requires_grad_()
    at_best = watson_distance(x_hat, x, weights())
    assert torch.equal(torch.autograd.grad(at_best.sum(), x_hat)[0], torch.zeros_like(x))
    assert at_best.max() < 1e-4
    assert (watson_distance(x + 1e-3 * images(16, 8, seed=5)[0], x, weights()) > at_best).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_flat_and_black_images_have_finite_distances_and_gradients(dtype):
    black, grey = torch.zeros(1, 16, 16, dtype=dtype), torch.full((1, 16, 16), 0.5, dtype=dtype)
    noise = images(16, 16)[0, :1].to(dtype)
    given = WatsonWeights(*(part.to(dtype) for part in weights()))
    for one in (black, grey, noise):
        for other in (black, grey, noise):
            x_hat, x = one.clone().requires_grad_(), other.clone().requires_grad_()
            distance = watson_distance(x_hat, x, given).sum()
            assert distance.isfinite()
            assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(distance, (x_hat, x)))


def test_the_phase_of_what_is_not_there_does_not_count():
    flat = WatsonWeights(*weights(luminance=0.0)[:4], torch.ones(8, 5, dtype=torch.float64))
    none = flat._replace(phase=0 * flat.phase)
    x_hat, black = images(8, 8)[0], torch.zeros(3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(watson_distance(x_hat, black, flat), watson_distance(x_hat, black, none))


def test_it_passes_gradcheck():
    x_hat, x = (image[:1].requires_grad_() for image in images(8, 8))
    assert torch.autograd.gradcheck(lambda a, b: watson_distance(a, b, weights(pooling=1.5)), (x_hat, x))


def test_sizes_that_eight_does_not_divide_are_refused():
    with pytest.raises(ValueError, match=r"`x` must have sizes that 8 divides, got \(8, 12\)"):
        watson_distance(torch.zeros(1, 8, 12), torch.zeros(1, 8, 12), weights())
