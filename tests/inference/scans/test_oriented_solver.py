import pytest
import torch

from monai_blurvae.inference import ClassicalSolver, oriented, placement
from monai_blurvae.inference.scans.oriented_solver import accepted
from monai_blurvae.mri import CartesianEncoding, uniform_lines, zero_filled
from monai_blurvae.mri.orientation import reorient
from tests.inference.scans.scan import SIZE, CornerSolver, coil_maps, kspace

MASK = uniform_lines(SIZE, 2, centre_lines=6)


@pytest.fixture
def own():
    """The solver on k-space the way up that it knows."""
    encoding = CartesianEncoding(MASK, coil_maps())
    y = kspace() * encoding.mask
    return y, CornerSolver().reconstruct(y, encoding)


@pytest.mark.parametrize("orientation", ["PL", "AL", "PR", "AR", "LP", "RA", "RAS"])
def test_a_turned_acquisition_of_stated_orientation_gives_the_turned_reconstruction(own, orientation):
    y, expected = own
    turned = CartesianEncoding(reorient(MASK, "PLS", orientation), reorient(coil_maps(), "PLS", orientation))
    solver = oriented(CornerSolver(), orientation, "PLS")
    found = solver.reconstruct(reorient(y, "PLS", orientation), turned)
    torch.testing.assert_close(found.image, reorient(expected.image, "PLS", orientation))
    assert found.objective == expected.objective


def test_draws_from_the_posterior_are_turned_too(own):
    y, expected = own
    turned = CartesianEncoding(reorient(MASK, "PL", "RA"), reorient(coil_maps(), "PL", "RA"))
    solver = oriented(CornerSolver(), "RA", "PL")
    y_turned = reorient(y, "PL", "RA")
    found = solver.posterior_samples(y_turned, turned, solver.reconstruct(y_turned, turned), 5)
    samples = CornerSolver().posterior_samples(y, None, expected, 5)
    torch.testing.assert_close(found, reorient(samples, "PL", "RA"))


def test_who_watches_sees_the_image_as_it_was_measured_and_a_start_is_turned():
    y, seen = reorient(kspace(), "PL", "RA"), []
    encoding = CartesianEncoding(torch.ones(SIZE[::-1]), reorient(coil_maps(), "PL", "RA"))
    solver = oriented(CornerSolver(), "RA", "PL")
    start = encoding.adjoint(y)
    found = solver.reconstruct(y, encoding, start, lambda *told: seen.append(told))
    assert [told[0] for told in seen] == [0, 1, 2]
    torch.testing.assert_close(seen[-1][2], found.image)
    torch.testing.assert_close(found.image, solver.reconstruct(y, encoding).image, atol=1e-2, rtol=1e-4)


@pytest.mark.parametrize("orientation", [None, "PL", "PLI", "PS"])
def test_nothing_is_turned_where_nothing_has_to_be_or_can_be(orientation):
    solver = CornerSolver()
    assert oriented(solver, orientation, "PLS") is solver


def test_a_solver_without_posterior_has_none_afterwards():
    solver = oriented(ClassicalSolver(zero_filled), "RA", "PL")
    assert not hasattr(solver, "posterior_samples")


def test_a_model_is_told_what_it_will_see():
    assert placement(None, None, "PLS") == ("PLS", None)
    assert placement("RAS", (1, 2, 3), "PLS") == ("PLS", (2, 1, 3))
    assert placement("PS", (1, 2), "PLS") == ("PS", (1, 2))


def test_a_mask_is_turned_with_the_images_and_the_noise_is_handed_on():
    mask = torch.zeros(1, 1, *SIZE, dtype=torch.bool)
    mask[..., 3:9, 11:] = True
    y, encoding = kspace(), CartesianEncoding(torch.ones(SIZE), coil_maps())
    expected = CornerSolver().reconstruct(y, encoding, mask=mask)
    draws = CornerSolver().posterior_samples(y, encoding, expected, 3, mask=mask)
    turned_y, turned_maps, turned_mask = (reorient(v, "PL", "RA") for v in (y, coil_maps(), mask))
    turned = CartesianEncoding(torch.ones(SIZE[::-1]), turned_maps)
    solver = oriented(CornerSolver(), "RA", "PL")
    found = solver.reconstruct(turned_y, turned, mask=turned_mask, noise_std=0.5)
    torch.testing.assert_close(found.image, reorient(expected.image, "PL", "RA"))
    assert found.weight == 0.5
    found_draws = solver.posterior_samples(turned_y, turned, found, 3, mask=turned_mask)
    torch.testing.assert_close(found_draws, reorient(draws, "PL", "RA"))


@pytest.mark.parametrize("turn", [lambda solver: solver, lambda solver: oriented(solver, "RA", "PL")])
def test_solvers_are_told_what_they_take(turn):
    told = {"mask": torch.ones(1), "noise_std": None, "watch": None}
    assert accepted(turn(CornerSolver()), "reconstruct", **told) == {"mask": torch.ones(1)}
    assert accepted(turn(ClassicalSolver(zero_filled)), "reconstruct", **told) == {}
