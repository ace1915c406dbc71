import pytest
import torch
from torch.autograd import gradcheck

from monai_blurvae.priors import ComplexPrior, IntensityRange
from tests.priors.conftest import SIZE, complex_images, images
from tests.priors.test_base import Quadratic

INTENSITY = IntensityRange(2.5)
PHASE = 0.3 * images(1)
SMOOTH = {"mode": "real_imaginary", "phase": PHASE, "phase_weight": 2.0}
MASK = images(1)[0, 0] > -0.5
WAYS = [{}, {"mask": MASK}, {"mode": "real_imaginary"}, SMOOTH, {**SMOOTH, "mask": MASK}]
ways = pytest.mark.parametrize("way", WAYS, ids=["magnitude", "masked", "real", "smooth", "smooth, masked"])


def channels(x):
    return torch.cat([x.real, x.imag], dim=1)


@ways
def test_the_gradient_is_the_total_derivative_in_torchs_convention(prior, way):
    wrapped, x = ComplexPrior(prior, INTENSITY, **way), complex_images(2).requires_grad_()
    assert gradcheck(wrapped.energy, complex_images(1).requires_grad_())
    wrapped.energy(x).sum().backward()
    torch.testing.assert_close(wrapped.grad(x), x.grad)


@ways
def test_two_real_channels_are_one_complex_one(prior, way):
    wrapped, x = ComplexPrior(prior, INTENSITY, **way), complex_images(2)
    torch.testing.assert_close(wrapped.energy(channels(x)), wrapped.energy(x))
    for method in (wrapped.grad, wrapped.project, lambda v: wrapped.prox(v, 0.01, 3)):
        torch.testing.assert_close(method(channels(x)), channels(method(x)))


@ways
def test_a_proximal_step_lowers_the_objective(prior, way):
    wrapped, x = ComplexPrior(prior, INTENSITY, **way), complex_images(2)
    near = wrapped.prox(x, 0.02, steps=8)
    value = (near - x).abs().square().flatten(1).sum(1) / 2 + 0.02 * wrapped.energy(near)
    assert (value < 0.02 * wrapped.energy(x)).all()


def test_a_real_image_has_its_priors_energy(prior):
    x = images(2)
    for way in WAYS[0], WAYS[2]:
        wrapped = ComplexPrior(prior, INTENSITY, **way)
        torch.testing.assert_close(wrapped.log_prob(INTENSITY.to_magnitude(x) + 0j), prior.log_prob(x))


def test_at_zero_everything_is_finite(prior):
    x = complex_images(1)
    x[..., :4] = 0
    for way in WAYS:
        wrapped = ComplexPrior(prior, INTENSITY, **way)
        for result in wrapped.energy(x), wrapped.grad(x), wrapped.project(x), wrapped.prox(x, 0.1):
            assert torch.view_as_real(result + 0j).isfinite().all()
    assert (ComplexPrior(prior, INTENSITY).grad(x)[..., :4] == 0).all()


def test_the_phase_of_a_magnitude_is_free_and_reattached(prior):
    wrapped, x = ComplexPrior(prior, INTENSITY), complex_images(1)
    torch.testing.assert_close(wrapped.energy(x * torch.exp(1j * PHASE)), wrapped.energy(x))
    for result in wrapped.project(x), wrapped.prox(x, 0.01), wrapped.prox(1e-3 * x, 10.0):
        torch.testing.assert_close(result, result.abs() * x.sgn())
    torch.testing.assert_close(
        wrapped.project(x).abs(),
        INTENSITY.to_magnitude(prior.project(2 * x.abs() / INTENSITY.scale - 1)),
    )


def test_the_smooth_phase_holds_what_its_weight_says(prior):
    # b has the energy w/2 |slope b|^2 alone: its proximal point is b / (1 + gamma w slope^2)
    wrapped, x, gamma = ComplexPrior(prior, INTENSITY, **SMOOTH), complex_images(1), 0.3
    back = torch.polar(torch.ones_like(PHASE), -PHASE)
    expected = (x * back).imag / (1 + gamma * 2.0 * (2 / 2.5) ** 2)
    torch.testing.assert_close((wrapped.prox(x, gamma, steps=2) * back).imag, expected)


def test_units_are_those_of_k_space():
    # U = 3/2 |u|^2 with u = 2 a / s - 1: the proximal point solves a - a0 + gamma 3 (2/s)(2 a / s - 1) = 0
    wrapped, gamma = ComplexPrior(Quadratic(), INTENSITY, mode="real_imaginary"), 0.7
    x = complex_images(1)
    slope = 2 / 2.5
    a = (x.real + 3 * gamma * slope) / (1 + 3 * gamma * slope**2)
    torch.testing.assert_close(wrapped.prox(x, gamma), torch.complex(a, x.imag))


def test_outside_the_mask_is_background_and_stays(prior):
    wrapped, x = ComplexPrior(prior, INTENSITY, mask=MASK), complex_images(1)
    torch.testing.assert_close(wrapped.energy(x), wrapped.energy(torch.where(MASK, x, 0)))
    assert (wrapped.grad(x)[..., ~MASK] == 0).all()
    for result in wrapped.project(x), wrapped.prox(x, 0.1):
        assert torch.equal(result[..., ~MASK], x[..., ~MASK])


def test_samples_are_magnitudes_in_the_units_of_k_space(prior):
    drawn = ComplexPrior(prior, INTENSITY).sample(4, torch.Generator().manual_seed(0))
    assert drawn.shape == (4, 1, SIZE, SIZE)
    assert drawn.is_complex()
    inner = prior.sample(4, torch.Generator().manual_seed(0))
    torch.testing.assert_close(INTENSITY.to_network(drawn.real), inner)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "phase"}, "`mode` must be .* got 'phase'"),
        ({"phase_weight": -1.0}, "`phase_weight` must not be negative, got -1.0"),
        ({"phase_weight": 1.0}, '`mode` must be "real_imaginary" for a smooth phase, got "magnitude"'),
        ({"phase": PHASE}, '`mode` must be "real_imaginary" for a smooth phase, got "magnitude"'),
    ],
)
def test_arguments_out_of_range_are_refused(prior, arguments, message):
    with pytest.raises(ValueError, match=message):
        ComplexPrior(prior, INTENSITY, **arguments)


@pytest.mark.parametrize("x", [images(1), complex_images(1)[0], complex_images(2).view(1, 2, SIZE, SIZE)])
def test_images_that_are_not_complex_are_refused(prior, x):
    with pytest.raises(ValueError, match="`x` must be complex with one channel, or real with two"):
        ComplexPrior(prior, INTENSITY).energy(x)


def test_a_mask_of_another_size_is_refused(prior):
    with pytest.raises(ValueError, match=r"`mask` must have the images' size, \(8, 8\), got \(1, 1, 4, 4\)"):
        ComplexPrior(prior, INTENSITY, mask=torch.ones(4, 4)).energy(complex_images(1))
