import pytest
import torch

from monai_blurvae.losses import L2Loss
from monai_blurvae.mri import CartesianEncoding, uniform_lines
from monai_blurvae.priors import AlternatingMAP, SliceSettings
from tests.priors.conftest import complex_images

SIZE = (12, 16)


@pytest.fixture
def scan():
    maps = torch.ones(1, *SIZE, dtype=torch.complex128)
    E = CartesianEncoding(uniform_lines(SIZE, 2, centre_lines=4), maps)
    return E(complex_images(1, *SIZE)), E


def test_a_fully_sampled_image_without_noise_comes_back(make_prior):
    x = complex_images(1, *SIZE)
    E = CartesianEncoding(torch.ones(SIZE), torch.ones(1, *SIZE, dtype=torch.complex128))
    found = AlternatingMAP(make_prior(L2Loss()), weight=1e-12, iterations=2).reconstruct(E(x), E)
    torch.testing.assert_close(found.image, x, rtol=1e-6, atol=1e-6)
    assert found.latents is None


def test_the_image_solves_the_step_of_the_data(make_prior, scan, monkeypatch):
    # with a prior step that stands still (v = x), the fixed point is the data's least-squares image
    y, E = scan
    solver = AlternatingMAP(
        make_prior(L2Loss()), SliceSettings(phase_precision=0.0), weight=0.1, iterations=200, coupling=1.0
    )
    monkeypatch.setattr(solver, "_prior_step", lambda x, *_: (x, torch.zeros(())))
    found = solver.reconstruct(y, E)
    torch.testing.assert_close(E(found.image), y, rtol=1e-5, atol=1e-5)


def first_step(solver, *scan, **told):
    """The first step of the prior: x, v, the energy of v, and with what it was taken."""
    steps, step = [], solver._prior_step

    def watched(x, *field):
        steps.append((x, *step(x, *field), *field))
        return steps[-1][1:3]

    solver._prior_step = watched
    solver.reconstruct(*scan, **told)
    return steps[0]


def test_a_step_of_the_prior_lowers_its_proximal_objective(make_prior, scan):
    solver = AlternatingMAP(make_prior(L2Loss()), weight=0.1, coupling=10.0, iterations=1)
    x, v, energy, tiled, field = first_step(solver, *scan)
    before = tiled.energy((x * field.rotation.conj()).real - 1).sum()
    before = before + solver.settings.phase_precision / 2 * field.out_of_phase(x).square().sum()
    assert energy + solver.coupling / 2 * (v - x).abs().square().sum() < before


def test_outside_of_the_mask_the_prior_says_nothing(make_prior, scan):
    mask = torch.zeros(1, 1, *SIZE, dtype=torch.float64)
    mask[..., :8, :8] = 1
    solver = AlternatingMAP(make_prior(L2Loss()), weight=0.1, iterations=1)
    x, v, *_ = first_step(solver, *scan, start=complex_images(1, *SIZE, seed=5), mask=mask)
    assert torch.count_nonzero((v - x) * (1 - mask)) == 0
    assert torch.count_nonzero((v - x) * mask) > 0


def test_the_iterate_of_least_objective_is_returned(make_prior, scan):
    y, E = scan
    images = []
    found = AlternatingMAP(make_prior(L2Loss()), iterations=6).reconstruct(
        y, E, watch=lambda *seen: images.append(seen[-1])
    )
    assert torch.equal(found.image, images[found.objective.index(min(found.objective))])
