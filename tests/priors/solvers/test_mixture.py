import pytest
import torch

from monai_blurvae.mri import CartesianEncoding, TotalVariation, hold_back, nrmse, poisson_disc
from monai_blurvae.mri.coils import simulated_coil_maps
from monai_blurvae.priors import Mixture, SliceSettings
from monai_blurvae.priors.solvers.mixture import CENTRE, error_places, mixing_share
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


def test_the_share_is_that_of_the_least_residual(scan):
    y, x, encoding = scan
    generator = torch.Generator().manual_seed(0)
    x_c, x_p = (x + 0.1 * torch.randn(x.shape, generator=generator, dtype=x.dtype) for _ in range(2))
    found = mixing_share(x_c, x_p, y, encoding).item()

    def residual(alpha):
        return (encoding(x_c + alpha * (x_p - x_c)) - y).norm().item()

    assert 0 < found < 1
    assert residual(found) < min(residual(found + step) for step in (-0.01, 0.01))
    assert mixing_share(x, x, y, encoding).item() == 0
    assert mixing_share(x, 3 * x, encoding(-x), encoding).item() == 0
    assert mixing_share(x, 2 * x, encoding(4 * x), encoding).item() == 1


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
    centre, _ = hold_back(torch.ones(SIZE), 0.999, CENTRE)
    with pytest.raises(ValueError, match="samples outside of the `centre` to hold back"):
        Mixture(prior.float()).reconstruct(y, CartesianEncoding(centre, encoding.coil_maps))
