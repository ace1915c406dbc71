import json
from dataclasses import asdict

import pytest
import torch
from torch.autograd.functional import hessian

from monai_blurvae.losses import L2Loss
from monai_blurvae.mri import smooth_phase
from monai_blurvae.priors import SliceSettings
from monai_blurvae.priors.slice_model import SliceModel
from tests.mri.dense import flat, matrix, unflat
from tests.priors.conftest import GAUSSIAN, SIZE, complex_images, gaussian_losses, images, small_pixel_scale

AREA = (8, 12)
MASK = torch.zeros(1, 1, *AREA)
MASK[..., 1:7, 2:9] = 1

masks = pytest.mark.parametrize("mask", [None, MASK], ids=["everywhere", "masked"])
real_or_complex = pytest.mark.parametrize("channels", [1, 2], ids=["prior of a", "prior of a and b"])
tilings = pytest.mark.parametrize(
    ("stride", "padding"), [((4, 4), "wrap"), ((8, 8), "wrap"), ((3, 5), "wrap"), ((3, 5), "reflect")]
)


def field_of(stride=(4, 4), padding="wrap", mask=None, phase_precision=3.0, n=1, channels=1):
    settings = SliceSettings(stride, padding, phase_precision, phase_width=1.5)
    return SliceModel(complex_images(n, *AREA), (SIZE, SIZE), settings, mask, channels)


@pytest.fixture
def described(make_prior):
    """A field, a prior, and the latents of all its patches."""

    def make(loss=None, channels=1, **settings):
        field = field_of(channels=channels, **settings)
        prior = make_prior(loss, channels, pixel_scale=small_pixel_scale(channels))
        n = len(field.patches(torch.zeros_like(field.rotation)))
        z = torch.randn(n, 5, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
        return field, prior, z

    return make


@masks
@real_or_complex
@pytest.mark.parametrize("loss", gaussian_losses()[1:], ids=GAUSSIAN[1:])
def test_the_precision_is_the_second_derivative_of_the_energy(described, loss, channels, mask):
    field, prior, z = described(loss, channels, mask=mask)

    def energy(values):
        v = unflat(values, AREA)
        return field.energy(v, prior.joint_energy(field.patches(v), z))

    values = flat(complex_images(1, *AREA, seed=7))
    P = matrix(lambda v: field.precision(v, prior.conditional(z)), AREA)
    torch.testing.assert_close(hessian(energy, values)[0, :, 0], P)


@masks
@tilings
def test_precision_and_information_give_the_gradient_of_the_energy(described, stride, padding, mask):
    field, prior, z = described(stride=stride, padding=padding, mask=mask, n=2)
    v = complex_images(2, *AREA, seed=7).requires_grad_()
    (gradient,) = torch.autograd.grad(field.energy(v, prior.joint_energy(field.patches(v), z)), v)
    conditional = prior.conditional(z)
    expected = field.precision(v.detach(), conditional) - field.information(conditional)
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("stride", [(8, 4), (4, 4), (2, 2), (1, 1)])
def test_each_pixel_counts_once_however_many_patches_it_lies_in(make_prior, stride):
    # independent errors of standard deviation s: a slice in phase has the precision 1 / s^2 at every pixel
    field, prior = field_of(stride), make_prior(L2Loss())
    v = field.rotation * images(1, *AREA)
    conditional = prior.conditional(torch.zeros(len(field.patches(v)), 5, dtype=torch.float64))
    torch.testing.assert_close(field.precision(v, conditional), v / prior.network.scale**2)


@tilings
def test_where_patches_overlap_unevenly_pixels_count_once_on_average(make_prior, stride, padding):
    field, prior = field_of(stride, padding, phase_precision=0.0), make_prior(L2Loss())
    n = len(field.patches(complex_images(1, *AREA)))
    conditional = prior.conditional(torch.zeros(n, 5, dtype=torch.float64))
    trace = matrix(lambda v: field.precision(v, conditional), AREA).trace()
    torch.testing.assert_close(trace, AREA[0] * AREA[1] / prior.network.scale**2)


def test_what_is_out_of_phase_has_the_precision_of_the_phase_alone(described):
    field, prior, z = described(phase_precision=3.0)
    b = 1j * images(1, *AREA) * field.rotation
    torch.testing.assert_close(field.precision(b, prior.conditional(z)), 3.0 * b)
    torch.testing.assert_close(field.patches(b), torch.full_like(field.patches(b), -1.0))


def test_outside_the_mask_slices_are_pulled_to_zero_and_nothing_else_is_said(described):
    field, prior, z = described(mask=MASK)
    conditional = prior.conditional(z)
    v = complex_images(1, *AREA)
    torch.testing.assert_close(field.precision(v * (1 - MASK), conditional), v * (1 - MASK))
    assert (field.precision(v * MASK, conditional) * (1 - MASK) == 0).all()
    assert (field.information(conditional) * (1 - MASK) == 0).all()
    torch.testing.assert_close(field.patches(v), field.patches(v * MASK))


@masks
@real_or_complex
@pytest.mark.parametrize("stride", [(4, 4), (3, 5)])
def test_the_covariance_of_a_draw_is_the_precision(described, monkeypatch, stride, channels, mask):
    # a draw is linear in its standard normal numbers: one draw for each of them at 1, the others at 0
    field, prior, z = described(stride=stride, channels=channels, mask=mask)
    conditional = prior.conditional(z)
    sizes = [conditional.mean.numel(), 2 * AREA[0] * AREA[1]]

    def draw(unit):
        parts = iter(unit.split(sizes))

        def randn(*shape, generator):
            return next(parts).reshape(*shape)

        monkeypatch.setattr(torch, "randn", randn)
        return flat(field.draw(conditional, torch.Generator()))

    L = torch.cat([draw(unit) for unit in torch.eye(sum(sizes), dtype=torch.float64)]).T
    torch.testing.assert_close(L @ L.T, matrix(lambda v: field.precision(v, conditional), AREA))


def test_a_draw_comes_from_its_generator(described):
    field, prior, z = described(n=2)
    conditional = prior.conditional(z)
    first, again, other = (field.draw(conditional, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


def test_intensity_and_phase_are_those_of_the_start():
    start = torch.full((2, 1, *AREA), 3.0, dtype=torch.complex128)
    start[1] *= 2j
    field = SliceModel(start, (SIZE, SIZE), SliceSettings(phase_width=8))
    torch.testing.assert_close(field.slope.flatten(), torch.tensor([2 / 3, 1 / 3], dtype=torch.float64))
    torch.testing.assert_close(field.rotation, (1j * smooth_phase(start, 8)).exp())
    torch.testing.assert_close(field.patches(field.slope * start), torch.ones(12, 1, SIZE, SIZE).double())


def test_the_intensity_is_that_within_the_mask():
    start = torch.where(MASK.bool(), 3.0, 50.0) + 0j
    field = SliceModel(start, (SIZE, SIZE), SliceSettings(), MASK)
    torch.testing.assert_close(field.slope.item(), 2 / 3)


def test_a_batch_is_its_slices(described):
    both, prior, z = described(mask=torch.cat([MASK, torch.ones_like(MASK)]), n=2)
    start, v = complex_images(2, *AREA), complex_images(2, *AREA, seed=7)
    for i, mask in enumerate((MASK, None)):
        alone = SliceModel(start[i : i + 1], (SIZE, SIZE), both.settings, mask)
        conditional = prior.conditional(z.view(2, -1, 5)[i])
        torch.testing.assert_close(
            alone.precision(v[i : i + 1], conditional), both.precision(v, prior.conditional(z))[i : i + 1]
        )
        torch.testing.assert_close(
            alone.information(conditional), both.information(prior.conditional(z))[i : i + 1]
        )


def test_a_mask_that_does_not_fit_is_refused():
    for shape in ((1, 1, 12, 8), (3, 1, *AREA), AREA):
        with pytest.raises(ValueError, match=r"`mask` must be .* of the image's \(8, 12\), got"):
            field_of(mask=torch.ones(shape), n=2)
    with pytest.raises(ValueError, match="`mask` must hold only 0 and 1"):
        field_of(mask=0.5 * MASK)
    with pytest.raises(ValueError, match="`mask` must be 1 somewhere"):
        field_of(mask=0 * MASK)


def test_settings_are_those_that_were_saved():
    settings = SliceSettings((4, 8), "reflect", 10.0, 16.0, 99.0, 32)
    saved = json.loads(json.dumps(asdict(settings)))
    assert SliceSettings.from_mapping(saved) == settings
    assert SliceSettings.from_mapping({}) == SliceSettings()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"phase_with": 8},
            r"must hold only stride, .*got 'phase_with' \(did you mean `phase_width`\?\)",
        ),
        (
            {"phase_precision": -1.0},
            "`reconstruction.phase_precision` must be a number of at least 0",
        ),
        ({"phase_width": 0}, "`reconstruction.phase_width` must be positive and finite, got 0"),
        ({"phase_width": "32"}, "`reconstruction.phase_width` must be a number, got '32'"),
        ({"percentile": True}, "`reconstruction.percentile` must be a number, got True"),
        ({"percentile": 101}, r"`reconstruction.percentile` must be in \(0, 100\], got 101"),
        ({"chunk": 0}, "`reconstruction.chunk` must be an integer of at least 1, got 0"),
        ({"chunk": 1.5}, "`reconstruction.chunk` must be a whole number, got 1.5"),
        ({"padding": "zero"}, "`reconstruction.padding` must be one of wrap, reflect, got 'zero'"),
        ({"stride": [4]}, r"`reconstruction.stride` must be a list of 2 or null, got \[4\]"),
        ({"stride": [4, 0.5]}, r"`reconstruction.stride\[1\]` must be a whole number, got 0.5"),
        ({"stride": 4}, "`reconstruction.stride` must be a list of 2 or null, got 4"),
        ({"stride": [0, 4]}, r"`reconstruction.stride\[0\]` must be an integer of at least 1, got 0"),
    ],
)
def test_settings_out_of_range_or_unknown_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        SliceSettings.from_mapping(settings)
