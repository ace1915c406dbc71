"""What solvers with a prior of patches share: the weight by noise, units, interruption, refusals."""

from functools import partial

import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, complex_noise, simulated_coil_maps, uniform_lines
from monai_blurvae.priors import AlternatingMAP, JointMAP, SliceSettings
from monai_blurvae.priors.solvers.patch_solver import first_image
from tests.priors.conftest import SIZE

SHAPE = (12, 16)
OF_SLICES = SliceSettings(phase_precision=10.0, phase_width=8)
SETTINGS = {"settings": OF_SLICES, "iterations": 2, "cg_iterations": 40}
solvers = pytest.mark.parametrize(
    "make",
    [partial(JointMAP, **SETTINGS), partial(AlternatingMAP, settings=OF_SLICES, iterations=2, prior_steps=2)],
)


@pytest.fixture
def encoding():
    maps = simulated_coil_maps(4, SHAPE).to(torch.complex128)
    return CartesianEncoding(uniform_lines(SHAPE, 2, centre_lines=6), maps)


@pytest.fixture
def y(encoding):
    """Of two images, the second half as bright."""
    rows, columns = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    disc = (rows.square() + columns.square() < 0.7).to(torch.complex128) * (1 + 0.3 * rows)
    return encoding(torch.stack([disc, disc / 2])[:, None] * torch.exp(0.4j * columns))


@solvers
def test_kspace_and_noise_in_other_units_give_the_image_in_those(make, prior, y, encoding):
    solver = make(prior)
    one = solver.reconstruct(y, encoding, noise_std=0.05)
    other = solver.reconstruct(1000 * y, encoding, noise_std=50.0)
    torch.testing.assert_close(other.image, 1000 * one.image, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(other.objective, one.objective)
    torch.testing.assert_close(other.weight, one.weight)
    joint = JointMAP(prior, **SETTINGS)
    assert torch.equal(one.weight, joint.reconstruct(y, encoding, noise_std=0.05).weight)
    if one.latents is not None:
        draws = joint.posterior_samples(y, encoding, one, 2)
        others = joint.posterior_samples(1000 * y, encoding, other, 2)
        torch.testing.assert_close(others, 1000 * draws, rtol=1e-4, atol=1e-2)


@solvers
def test_it_is_the_same_again_and_what_was_not_sampled_is_not_looked_at(make, prior, y, encoding):
    once, again, more = (make(prior).reconstruct(k, encoding) for k in (y, y, y + 7 * (1 - encoding.mask)))
    assert torch.equal(once.image, again.image)
    torch.testing.assert_close(more.image, once.image)
    torch.testing.assert_close(more.objective, once.objective)


@solvers
def test_ctrl_c_leaves_the_last_iterate(make, prior, y, encoding):
    images = []

    def watch(iteration, objective, image):
        images.append(image)
        if iteration == 1:
            raise KeyboardInterrupt

    found = make(prior, iterations=9).reconstruct(y, encoding, watch=watch)
    assert (found.stopped, len(found.objective)) == ("interrupted", 2)
    assert torch.equal(found.image, images[-1])


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        *((make, name, 0) for make in (JointMAP, AlternatingMAP) for name in ("weight", "iterations")),
        (JointMAP, "weight", float("nan")),
        (JointMAP, "cg_iterations", 0),
        (JointMAP, "learning_rate", -0.1),
        (AlternatingMAP, "coupling", -1.0),
        (AlternatingMAP, "prior_steps", 0),
    ],
)
def test_settings_out_of_range_are_refused(make, prior, name, value):
    with pytest.raises(
        ValueError, match=f"`{name}` must be (positive and finite|an integer of at least 1), got {value}"
    ):
        make(prior, **{name: value})


def test_a_stride_larger_than_a_patch_is_refused(prior):
    with pytest.raises(ValueError, match="`stride` must lie between 1 and the patch's"):
        JointMAP(prior, SliceSettings(stride=(9, 8)))


def test_the_weight_is_the_variance_of_either_part_of_the_noise_in_network_units(prior, y, encoding):
    """Drawn noise has half of E|n|^2 in its real part and half in its imaginary part."""
    solver = JointMAP(prior, **SETTINGS)
    slope = solver.model(first_image(y, encoding), None).slope
    noise = complex_noise(torch.zeros(2, 1, 200, 200, dtype=torch.complex128), 0.1) * slope
    found = solver.reconstruct(y, encoding, noise_std=0.1).weight
    for part in (noise.real, noise.imag):
        torch.testing.assert_close(found, part.square().mean(dim=(1, 2, 3)), rtol=0.03, atol=0)


def test_each_image_has_its_own(prior, y, encoding):
    solver = JointMAP(prior, **SETTINGS)
    stds = torch.tensor([0.05, 0.1])
    both = solver.reconstruct(y, encoding, noise_std=stds)
    for index, std in enumerate(stds.tolist()):
        one = solver.reconstruct(y[index : index + 1], encoding, noise_std=std)
        torch.testing.assert_close(both.image[index], one.image[0], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(both.weight[index], one.weight[0])


def test_more_noise_gives_more_prior(prior, y, encoding):
    solver = JointMAP(prior, **SETTINGS)
    misfits = [
        float((encoding(solver.reconstruct(y, encoding, noise_std=std).image) - y).norm())
        for std in (0.01, 0.1, 1.0)
    ]
    assert misfits == sorted(misfits)
    assert misfits[2] > 2 * misfits[0]


def test_without_noise_the_weight_is_the_one_stated(prior, y, encoding):
    solver = JointMAP(prior, weight=0.02, **SETTINGS)
    untold, silent = solver.reconstruct(y, encoding), solver.reconstruct(y, encoding, noise_std=0.0)
    assert torch.equal(silent.image, untold.image)
    assert untold.weight.tolist() == silent.weight.tolist() == [0.02, 0.02]


def test_the_stated_weight_is_the_one_of_noise_that_makes_it(prior, y, encoding):
    solver = JointMAP(prior, weight=0.02, **SETTINGS)
    std = 0.04**0.5 / solver.model(first_image(y, encoding), None).slope.flatten()
    found = JointMAP(prior, weight=1e-9, **SETTINGS).reconstruct(y, encoding, noise_std=std)
    torch.testing.assert_close(found.image, solver.reconstruct(y, encoding).image, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("std", [-1.0, float("nan"), float("inf"), torch.ones(3)])
def test_what_is_no_noise_level_is_refused(prior, y, encoding, std):
    with pytest.raises(ValueError, match="`noise_std` must be finite, not negative, one number"):
        JointMAP(prior, **SETTINGS).reconstruct(y, encoding, noise_std=std)


def test_data_more_precise_than_the_prior_and_a_start_that_says_nothing_are_refused(prior, y, encoding):
    with pytest.raises(ValueError, match="`start` must be finite and not zero"):
        JointMAP(prior).reconstruct(y, encoding, start=0 * encoding.adjoint(y))
    with pytest.raises(ValueError, match=r"`y` must not be more precise than the prior, torch.complex64"):
        JointMAP(prior.float()).reconstruct(y, encoding)


def test_slices_smaller_than_a_patch_are_refused(prior):
    encoding = CartesianEncoding(torch.ones(SIZE, SIZE - 1))
    y = torch.ones(1, 1, SIZE, SIZE - 1, dtype=torch.complex128)
    with pytest.raises(ValueError, match=r"`y` must have sides of at least .* \(8, 8\), got \(8, 7\)"):
        JointMAP(prior).reconstruct(y, encoding)


def test_a_prior_of_other_channels_is_refused(make_prior):
    complex_prior, colour_prior = make_prior(channels=2), make_prior(channels=3)
    assert JointMAP(complex_prior).prior is complex_prior
    with pytest.raises(ValueError, match=r"`prior` must have 1 channel\(s\) for AlternatingMAP, got 2"):
        AlternatingMAP(complex_prior)
    with pytest.raises(ValueError, match=r"`prior` must have 1 or 2 channel\(s\) for JointMAP, got 3"):
        JointMAP(colour_prior)
