from itertools import pairwise

import pytest
import torch

from monai_blurvae.losses import L1Loss, RobustLoss
from monai_blurvae.mri import CartesianEncoding, Reconstruction, nrmse
from monai_blurvae.priors import JointMAP, SliceSettings
from tests.mri.dense import flat
from tests.mri.kspace import complex_noise
from tests.priors.conftest import GAUSSIAN, gaussian_losses, small_pixel_scale
from tests.priors.solvers.joint import AREA, Problem, scanner, slices

WEIGHT = 0.05
SETTINGS = {"weight": WEIGHT, "iterations": 4, "cg_iterations": 300}
SLICE = {"phase_precision": 30.0, "phase_width": 1.5}


@pytest.fixture
def make(make_prior):
    """A solver, exact in its image unless told otherwise."""

    def of(loss=None, still=False, **settings):
        prior = make_prior(loss, pixel_scale=small_pixel_scale())
        if still:
            torch.nn.init.zeros_(prior.network.decoder.perceptron[0].weight)
            if prior.network.kernel_net is not None:
                torch.nn.init.zeros_(prior.network.kernel_net.layers[0].weight)
        of_slices = SLICE | {name: settings.pop(name) for name in ("chunk", "stride") if name in settings}
        return JointMAP(prior, SliceSettings(**of_slices), **(SETTINGS | settings))

    return of


@pytest.fixture
def kspace():
    """K-space of one slice with noise, and what measured it."""
    E = scanner()
    return E(slices()) + 0.05 * E.mask * complex_noise(1, 2, *AREA, seed=3), E


@pytest.mark.parametrize("loss", gaussian_losses(), ids=GAUSSIAN)
def test_of_a_decoder_that_ignores_its_latents_the_image_is_the_mean_of_a_dense_gaussian(make, kspace, loss):
    solver = make(loss, still=True)
    problem = Problem(solver, *kspace)
    expected = problem.gaussian(torch.zeros(6, 5, dtype=torch.float64))[0] / problem.slope
    assert nrmse(solver.reconstruct(*kspace).image, expected) < 1e-3  # percent


@pytest.mark.parametrize("start", [None, slices()], ids=["SENSE", "given"])
def test_the_image_is_the_mean_given_its_latents_with_the_starts_intensity_and_phase(make, kspace, start):
    solver = make()
    result = solver.reconstruct(*kspace, start=start)
    problem = Problem(solver, *kspace, start=start)
    assert result.latents.shape == (1, 6, 5)
    expected = problem.gaussian(result.latents[0])[0] / problem.slope
    assert nrmse(result.image, expected) < 1e-3
    assert result.stopped == "iterations"


def test_the_objective_is_that_of_the_problem_at_each_iterate(make, kspace):
    solver, seen = make(iterations=3), []
    result = solver.reconstruct(*kspace, watch=lambda *what: seen.append(what))
    problem = Problem(solver, *kspace)
    first = problem(seen[0][2] * problem.slope, problem.first_latents())
    assert result.objective[0] == pytest.approx(first.item(), rel=1e-9)
    assert [number for number, _, _ in seen] == [0, 1, 2]
    assert [objective for _, objective, _ in seen] == result.objective


def test_the_latents_follow_the_gradient_of_the_problem_with_the_image_eliminated(make, kspace, monkeypatch):
    gradients = []

    class Recording(torch.optim.Adam):
        def step(self, closure=None):
            gradients.append(self.param_groups[0]["params"][0].grad.clone())
            return super().step(closure)

    monkeypatch.setattr(torch.optim, "Adam", Recording)
    solver = make(iterations=1)
    solver.reconstruct(*kspace)
    problem = Problem(solver, *kspace)
    z = problem.first_latents()

    def eliminated(z):
        return problem(problem.gaussian(z)[0], z).item()

    step, differences = 1e-4, torch.zeros_like(z)
    for index in [(0, 0), (1, 3), (4, 2), (5, 4)]:
        for sign in (1, -1):
            moved = z.clone()
            moved[index] += sign * step
            differences[index] += sign * eliminated(moved) / (2 * step)
        # Adam does not see the factor: energies are not divided by the patches a pixel lies in
        torch.testing.assert_close(
            differences[index], gradients[0][index] / problem.coverage, rtol=1e-4, atol=1e-4
        )


def test_the_objective_falls(make, kspace):
    objective = make(iterations=12, learning_rate=0.05).reconstruct(*kspace).objective
    assert all(new < old for old, new in pairwise(objective))


def test_where_everything_is_measured_a_small_weight_gives_the_image_back(make):
    E, x = CartesianEncoding(torch.ones(AREA)), slices()
    result = make(weight=1e-9).reconstruct(E(x), E)
    torch.testing.assert_close(result.image, x, rtol=1e-5, atol=1e-5)


def test_the_result_does_not_depend_on_how_many_patches_pass_at_once(make, kspace):
    one, all_at_once = (make(chunk=chunk).reconstruct(*kspace) for chunk in (4, 256))
    torch.testing.assert_close(one.image, all_at_once.image)
    torch.testing.assert_close(one.latents, all_at_once.latents)
    torch.testing.assert_close(one.objective, all_at_once.objective)


def test_a_batch_is_its_slices_one_by_one(make):
    E, x = scanner(), slices(3) * torch.tensor([1.0, 10.0, 3.0]).view(3, 1, 1, 1)
    y, solver = E(x), make(iterations=3)
    mask = (x.abs() > 0.2 * x.abs().amax(dim=(2, 3), keepdim=True)).double()
    together = solver.reconstruct(y, E, mask=mask)
    alone = [solver.reconstruct(y[i : i + 1], E, mask=mask[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(together.image, torch.cat([one.image for one in alone]), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(together.latents, torch.cat([one.latents for one in alone]))
    total = [sum(values) for values in zip(*(one.objective for one in alone), strict=True)]
    torch.testing.assert_close(together.objective, total)


def test_outside_the_mask_the_prior_says_nothing_but_that_there_is_little(make):
    # fully sampled, one coil: outside, each pixel is shrunk by 1 / (1 + weight) alone
    E, x = CartesianEncoding(torch.ones(AREA)), slices()
    mask = torch.zeros(1, 1, *AREA)
    mask[..., :6] = 1
    image = make().reconstruct(E(x), E, mask=mask).image
    torch.testing.assert_close(image[..., 6:], x[..., 6:] / (1 + WEIGHT), rtol=1e-4, atol=1e-4)


def test_it_works_where_gradients_are_switched_off(make, kspace):
    solver = make()
    expected = solver.reconstruct(*kspace)
    with torch.no_grad():
        torch.testing.assert_close(solver.reconstruct(*kspace).image, expected.image)
    assert not expected.image.requires_grad
    assert not expected.latents.requires_grad


def test_it_ends_when_the_objective_stands_still(make, kspace):
    result = make(iterations=50, tolerance=0.5).reconstruct(*kspace)
    assert result.stopped == "converged"
    assert len(result.objective) < 50


def test_draws_have_the_mean_and_the_covariance_of_the_dense_posterior(make, kspace):
    # u = L^T (x - mean), L L^T the precision, is white: |mean u|^2 n and |u|^2 are chi-square distributed
    n, copies, (y, E) = 16, 64, kspace
    solver = make(still=True, cg_iterations=100)
    found = solver.reconstruct(y, E)
    problem = Problem(solver, y, E)  # phase and intensity range are those of the start, as for the image
    mean, precision = problem.gaussian(torch.zeros(6, 5, dtype=torch.float64))
    expanded = Reconstruction(
        found.image.expand(copies, -1, -1, -1),
        weight=found.weight.expand(copies),
        latents=found.latents.expand(copies, -1, -1),
        start=found.start.expand(copies, -1, -1, -1),
    )
    draws = solver.posterior_samples(y.expand(copies, -1, -1, -1), E, expanded, n)
    assert draws.shape == (n, copies, 1, *AREA)
    residual = flat(draws.flatten(0, 1) * problem.slope - mean)
    u = residual @ torch.linalg.cholesky(precision)
    total, dimensions = u.shape
    assert abs(total * u.mean(0).square().sum() - dimensions) < 5 * (2 * dimensions) ** 0.5
    assert abs(u.square().sum() - total * dimensions) < 5 * (2 * total * dimensions) ** 0.5
    covariance = u.T @ u / total
    assert (covariance - torch.eye(dimensions)).abs().max() < 5 * (2 / total) ** 0.5


@pytest.fixture
def latents_drawn(monkeypatch):
    """Draw z without noise; what the draws take for its mean and its log variance."""
    seen = []
    monkeypatch.setattr(
        "monai_blurvae.priors.solvers.joint_map.reparameterize",
        lambda mu, log_var, _: seen.append((mu, log_var)) or mu,
    )
    return seen


def test_latents_are_drawn_around_those_found_with_the_encoders_variance(make, kspace, latents_drawn):
    solver = make(iterations=12)
    start, mask = slices(), torch.ones(1, 1, *AREA)
    mask[..., :2] = 0
    found = solver.reconstruct(*kspace, start=start, mask=mask)
    draw = solver.posterior_samples(*kspace, found, 1)
    ((mu, log_var),) = latents_drawn
    assert torch.equal(mu, found.latents[0])
    model = solver.model(start, mask)
    encoded, expected = solver.prior.network.encode(model.patches(found.image * model.slope))
    torch.testing.assert_close(log_var, expected)
    assert (mu - encoded).norm() > 0.1 * encoded.norm()  # the encoder would have given others
    assert draw.isfinite().all()


def test_without_any_noise_a_draw_is_the_reconstruction(make, kspace, latents_drawn, monkeypatch):
    """Draw and image share the start's phase and intensity range, the weight, the mask and the latents."""
    solver, mask = make(), torch.ones(1, 1, *AREA)
    mask[..., 9:] = 0
    found = solver.reconstruct(*kspace, start=slices(), mask=mask, noise_std=0.3)

    def zeros(*shape, generator):
        return torch.zeros(*shape, dtype=torch.float64)

    monkeypatch.setattr(torch, "randn", zeros)
    (draw,) = solver.posterior_samples(*kspace, found, 1)
    assert nrmse(draw, found.image) < 1e-3


def test_a_seed_gives_the_same_draws_again(make, kspace):
    solver = make(cg_iterations=20)
    result = solver.reconstruct(*kspace)
    first, again, other = (solver.posterior_samples(*kspace, result, 2, seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize("loss", [L1Loss(), RobustLoss()])
def test_a_likelihood_that_is_not_gaussian_is_refused_at_once(make_prior, loss):
    with pytest.raises(ValueError, match=f"`prior` must have a Gaussian.* got {type(loss).__name__}"):
        JointMAP(make_prior(loss))


def test_data_that_do_not_fit_are_refused(make, kspace):
    solver, (y, E) = make(), kspace
    with pytest.raises(ValueError, match=r"`mask` must be .* of the image's \(8, 12\)"):
        solver.reconstruct(y, E, mask=torch.ones(1, 1, 12, 8))
    with pytest.raises(ValueError, match="`y` must hold k-space at the sampled frequencies"):
        solver.reconstruct(0 * y, E)
    with pytest.raises(ValueError, match="`y` must be k-space of shape"):
        solver.reconstruct(y[:, :1], E)
    for start in (slices(2), slices()[..., :8], slices().real):
        with pytest.raises(ValueError, match=r"`start` must be complex, of shape \(1, 1, 8, 12\), got"):
            solver.reconstruct(y, E, start=start)
    result = solver.reconstruct(y, E)
    with pytest.raises(ValueError, match="`reconstruction` must be a result of JointMAP"):
        solver.posterior_samples(y, E, Reconstruction(result.image), 1)
    with pytest.raises(ValueError, match="`y` must be finite"):
        solver.posterior_samples(y * float("nan"), E, result, 1)
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1, got 0"):
        solver.posterior_samples(y, E, result, 0)
