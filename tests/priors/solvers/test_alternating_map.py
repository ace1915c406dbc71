import pytest
import torch

from monai_blurvae.losses import L2Loss
from monai_blurvae.mri import CartesianEncoding, uniform_lines
from monai_blurvae.priors import AlternatingMAP, SliceSettings
from tests.priors.conftest import complex_images

SIZE = (12, 16)


@pytest.fixture
def encoding():
    return CartesianEncoding(uniform_lines(SIZE, 2, centre_lines=4).double(), torch.ones(1, *SIZE) + 0j)


@pytest.fixture
def scan(encoding):
    encoding = encoding.double()
    image = complex_images(1, *SIZE)
    return image, encoding(image), encoding


def test_a_fully_sampled_image_without_noise_comes_back(make_prior):
    x = complex_images(1, *SIZE)
    E = CartesianEncoding(torch.ones(SIZE), torch.ones(1, *SIZE, dtype=torch.complex128))
    found = AlternatingMAP(make_prior(L2Loss()), weight=1e-12, iterations=2).reconstruct(E(x), E)
    torch.testing.assert_close(found.image, x, rtol=1e-6, atol=1e-6)
    assert found.latents is None


def test_the_image_solves_the_step_of_the_data(make_prior, scan, monkeypatch):
    # with a prior step that stands still (v = x), the fixed point is the data's least-squares image
    _, y, E = scan
    solver = AlternatingMAP(
        make_prior(L2Loss()), SliceSettings(phase_precision=0.0), weight=0.1, iterations=200, coupling=1.0
    )
    monkeypatch.setattr(solver, "_prior_step", lambda x, *_: (x, torch.zeros(())))
    found = solver.reconstruct(y, E)
    torch.testing.assert_close(E(found.image), y, rtol=1e-5, atol=1e-5)


def test_a_step_of_the_prior_lowers_its_proximal_objective(make_prior, scan):
    _, y, E = scan
    seen = []
    solver = AlternatingMAP(make_prior(L2Loss()), weight=0.1, coupling=10.0, iterations=1)
    step = solver._prior_step

    def watched(x, tiled, field):
        v, energy = step(x, tiled, field)
        before = tiled.energy((x * field.rotation.conj()).real - 1).sum()
        before = before + solver.settings.phase_precision / 2 * field.out_of_phase(x).square().sum()
        seen.append((before, energy + solver.coupling / 2 * (v - x).abs().square().sum()))
        return v, energy

    solver._prior_step = watched
    solver.reconstruct(y, E)
    assert all(after < before for before, after in seen)


def test_seeds_reproduce_and_units_carry_over(make_prior, scan):
    _, y, E = scan
    solver = AlternatingMAP(make_prior(L2Loss()), iterations=3)
    one, again, scaled = (solver.reconstruct(k, E).image for k in (y, y, 1000 * y))
    assert torch.equal(one, again)
    torch.testing.assert_close(scaled, 1000 * one, rtol=1e-6, atol=1e-3)


def test_outside_of_the_mask_the_prior_says_nothing(make_prior, scan):
    _, y, E = scan
    mask = torch.zeros(1, 1, *SIZE, dtype=torch.float64)
    mask[..., :8, :8] = 1
    solver = AlternatingMAP(make_prior(L2Loss()), weight=0.1, iterations=1)
    moved = []
    step = solver._prior_step

    def watched(x, tiled, field):
        v, energy = step(x, tiled, field)
        moved.append((v - x).abs())
        return v, energy

    solver._prior_step = watched
    start = complex_images(1, *SIZE, seed=5)
    solver.reconstruct(y, E, start=start, mask=mask)
    assert torch.count_nonzero(moved[0] * (1 - mask)) == 0
    assert torch.count_nonzero(moved[0] * mask) > 0


def test_an_interrupted_reconstruction_leaves_its_last_iterate(make_prior, scan):
    _, y, E = scan
    images = []

    def stop(iteration, objective, image):
        images.append(image)
        if iteration == 1:
            raise KeyboardInterrupt

    found = AlternatingMAP(make_prior(L2Loss()), iterations=9).reconstruct(y, E, watch=stop)
    assert (found.stopped, len(found.objective)) == ("interrupted", 2)
    assert torch.equal(found.image, images[-1])


@pytest.mark.parametrize(
    ("name", "value"), [("weight", 0.0), ("coupling", -1.0), ("prior_steps", 0), ("iterations", 0)]
)
def test_settings_out_of_range_are_refused(make_prior, scan, name, value):
    _, y, E = scan
    with pytest.raises(ValueError, match=f"`{name}` must be positive, got {value}"):
        AlternatingMAP(make_prior(L2Loss()), **{name: value}).reconstruct(y, E)


def test_what_was_not_sampled_is_not_looked_at(make_prior, scan):
    _, y, E = scan
    solver = AlternatingMAP(make_prior(L2Loss()), weight=0.1, iterations=2)
    with_more, alone = (solver.reconstruct(k, E) for k in (y + 7 * (1 - E.mask), y))
    torch.testing.assert_close(with_more.image, alone.image)
    torch.testing.assert_close(with_more.objective, alone.objective)


def test_the_iterate_of_least_objective_is_returned(make_prior, scan):
    _, y, E = scan
    images = []
    found = AlternatingMAP(make_prior(L2Loss()), iterations=6).reconstruct(
        y, E, watch=lambda *seen: images.append(seen[-1])
    )
    assert torch.equal(found.image, images[found.objective.index(min(found.objective))])
