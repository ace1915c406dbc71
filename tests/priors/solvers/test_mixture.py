from itertools import permutations

import pytest
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    TotalVariation,
    held_back_residual,
    hold_back,
    nrmse,
    poisson_disc,
)
from monai_blurvae.mri.coils import simulated_coil_maps
from monai_blurvae.mri.early_stopping import UNPREDICTABLE, stopped_early
from monai_blurvae.priors import Mixture, SliceSettings
from monai_blurvae.priors.solvers.mixture import CENTRE, error_places, mixed, mixing_shares
from tests.mri.kspace import complex_noise

SIZE = (48, 40)


@pytest.fixture
def scan():
    """An ellipse with noise, its reference, and what measured it."""
    rows, columns = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in SIZE), indexing="ij")
    x = ((rows.square() + columns.square() < 0.6) * (1 + 0.5 * rows) * torch.exp(0.5j * columns))[None, None]
    encoding = CartesianEncoding(poisson_disc(SIZE, 2, 24), simulated_coil_maps(4, SIZE))
    noise = complex_noise(1, 4, *SIZE, seed=1).to(torch.complex64)
    return encoding(x) + 0.03 * encoding.mask * noise, x, encoding


def test_the_shares_are_those_of_the_least_residual(scan):
    y, x, encoding = scan
    generator = torch.Generator().manual_seed(0)
    images = [x + size * torch.randn(x.shape, generator=generator, dtype=x.dtype) for size in (0.1, 0.1, 0.2)]
    (found,) = mixing_shares(images, y, encoding)
    assert found.sum().item() == pytest.approx(1)
    assert found.min() > 0

    def residual(shares):
        return (encoding(mixed(shares[None], images)) - y).norm().item()

    for one, other in permutations(range(3), 2):
        moved = found.clone()
        moved[one] += 0.02
        moved[other] -= 0.02
        assert residual(found) < residual(moved)


def test_an_image_that_only_harms_has_no_share(scan):
    y, x, encoding = scan
    wrong = [x + 0.1 * x.flip(-1), x + 0.3 * x.flip(-1)]  # the second is in the direction of the first
    torch.testing.assert_close(mixing_shares(wrong, encoding(x), encoding), torch.tensor([[1.0, 0.0]]))
    both = [torch.cat([wrong[0], wrong[1]]), torch.cat([wrong[1], wrong[0]])]
    shares = mixing_shares(both, encoding(torch.cat([x, x])), encoding)
    torch.testing.assert_close(shares, torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert torch.isfinite(mixing_shares([x, x, x], y, encoding)).all()


def test_an_iteration_is_chosen_that_predicts_what_was_held_back(scan):
    y, _, encoding = scan
    seen, held = hold_back(encoding.mask, 0.2, CENTRE)
    rest, unseen = (CartesianEncoding(part, encoding.coil_maps) for part in (seen, held))
    solver = TotalVariation(1e-5, 40)
    residuals = []
    solver.reconstruct(
        y, rest, watch=lambda _, __, x: residuals.append(held_back_residual(x, y, unseen).item())
    )
    trial = stopped_early(solver, y, rest, unseen)
    assert 1 < trial.iterations < 40
    assert trial.iterations == residuals.index(min(residuals)) + 1
    assert held_back_residual(trial.image, y, unseen).item() == min(residuals)


def test_a_prior_that_knows_nothing_does_little_harm(scan, prior):
    y, x, encoding = scan
    solver = Mixture(prior.float(), SliceSettings(phase_width=8), iterations=2)
    found = solver.reconstruct(y, encoding)
    errors = [nrmse(found.image, x).item()]
    errors += [nrmse(TotalVariation(w).reconstruct(y, encoding).image, x).item() for w in (1e-3, 4e-3, 16e-3)]
    assert errors[0] < 1.1 * min(errors[1:])
    of_the_prior = solver.joint.reconstruct(y, encoding).image
    assert errors[0] < nrmse(of_the_prior, x).item()
    assert 0 <= found.prior_share.item() < 0.5


def test_what_is_mixed_does_not_depend_on_samples_that_were_not_measured(scan, prior):
    y, _, encoding = scan
    solver = Mixture(prior.float(), iterations=1)
    one, other = (solver.reconstruct(k, encoding) for k in (y, y + 7 * (1 - encoding.mask)))
    torch.testing.assert_close(one.image, other.image)
    assert one.prior_share == other.prior_share


def test_draws_lie_about_the_mixture(scan, prior):
    y, _, encoding = scan
    solver = Mixture(prior.float(), iterations=1)
    found = solver.reconstruct(y, encoding)
    draws = solver.posterior_samples(y, encoding, found, 3)
    assert draws.shape == (3, 1, 1, *SIZE)
    torch.testing.assert_close(draws - found.image, found.errors.draw(3))
    assert draws.std(dim=0).min() > 0
    with pytest.raises(ValueError, match="`reconstruction` must be a result of Mixture"):
        solver.posterior_samples(y, encoding, found._replace(errors=None), 3)


def test_errors_are_where_methods_disagree_and_edges_are():
    x = torch.zeros(1, 1, *SIZE, dtype=torch.complex64)
    x[..., :20, :] = 1
    x_p = x.clone()
    x_p[..., :20] += 1e-3
    places = error_places(x, x_p, x)[0, 0]
    assert places[20, 5] > 3 * places[20, 30]
    assert places[20, 5] > 3 * places[5, 5]
    assert places.min() > 0


def test_the_errors_are_as_large_as_the_error(scan, prior):
    y, x, encoding = scan
    found = Mixture(prior.float(), SliceSettings(phase_width=8), iterations=2).reconstruct(y, encoding)
    error = (found.image - x).abs().square().mean()
    (table,) = found.coverage
    assert all(80 < ring.covered_percent < 98 for ring in table)
    expected = 2 * found.errors.std().square().mean()
    assert 0.7 * error < expected < 4 * error  # noise, which the penalty smooths away, is counted as an error


def test_a_share_of_nothing_or_all_is_refused(scan, prior):
    for share in (0.0, 1.0):
        with pytest.raises(ValueError, match=rf"`share` must be in \(0, 1\), got {share}"):
            Mixture(prior, share=share)


def test_a_scan_with_nothing_to_hold_back_is_refused(scan, prior):
    y, _, encoding = scan
    centre = torch.zeros(SIZE)
    centre[12:36, 8:32] = 1
    with pytest.raises(ValueError, match="samples outside of the `centre` to hold back"):
        Mixture(prior.float()).reconstruct(y, CartesianEncoding(centre, encoding.coil_maps))


def test_samples_that_nothing_predicts_choose_nothing(scan, prior):
    y, _, encoding = scan
    noise = encoding.mask * complex_noise(1, 4, *SIZE, seed=3).to(torch.complex64)
    found = Mixture(prior.float(), iterations=1).reconstruct(y / 1e3 + noise, encoding)
    assert found.prior_share.item() == pytest.approx(1 / 3)
    seen, held = hold_back(encoding.mask, 0.2, CENTRE)
    rest, unseen = (CartesianEncoding(part, encoding.coil_maps) for part in (seen, held))
    trial = stopped_early(TotalVariation(1e-5, 7), y / 1e3 + noise, rest, unseen)
    assert trial.iterations == 7
    assert trial.residual >= UNPREDICTABLE
