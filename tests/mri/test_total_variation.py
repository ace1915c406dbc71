import pytest
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    TotalVariation,
    nrmse,
    simulated_coil_maps,
    smooth_phase,
    uniform_lines,
)
from monai_blurvae.mri import total_variation as module
from monai_blurvae.mri.classical import sense_start, signal_scale
from tests.mri.kspace import SIZE, complex_noise


def prox(v, weight, iterations=200):
    return module._prox(v, weight, torch.zeros(2, *v.shape, dtype=v.dtype), iterations)[0]


def total_variation(y, encoding, weight, **settings):
    return TotalVariation(weight, **settings).reconstruct(y, encoding).image


E = CartesianEncoding(uniform_lines((8, 16), 2, centre_lines=4), simulated_coil_maps(4, (8, 16)))


def blocks(size):
    """Piecewise constant, with a constant phase."""
    x = torch.zeros(1, 1, *size, dtype=torch.complex64)
    x[..., size[0] // 4 : -size[0] // 4, size[1] // 4 : -size[1] // 4] = 1 + 1j
    x[..., size[0] // 2 :, size[1] // 3 : size[1] // 2] = 0.5
    return x


@pytest.mark.parametrize(("weight", "expected"), [(1.0, [5.0, 2.0]), (2.5, [3.5, 3.5]), (9.0, [3.5, 3.5])])
def test_two_pixels_approach_each_other_by_the_weight_until_they_meet(weight, expected):
    x = prox(torch.tensor([[[[6.0, 1.0]]]]), weight)
    torch.testing.assert_close(x, torch.tensor([[[expected]]]), atol=1e-4, rtol=0)


def test_the_phase_of_an_image_turns_the_proximal_point_and_nothing_else():
    v = torch.rand(1, 1, 6, 5)
    turn = torch.exp(torch.tensor(0.7j))
    torch.testing.assert_close(prox(v * turn, 0.1), prox(v, 0.1) * turn)


def test_the_differences_adjoint_is_their_adjoint():
    x, p = complex_noise(2, 1, *SIZE), complex_noise(2, 2, 1, *SIZE, seed=1)
    torch.testing.assert_close(
        (p.conj() * module._differences(x)).sum(), (module._differences_adjoint(p).conj() * x).sum()
    )


def test_the_proximal_point_is_that_of_deepinv():
    denoiser = pytest.importorskip("deepinv.models").TVDenoiser(n_it_max=500, crit=1e-9)
    v = torch.rand(1, 1, 12, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(prox(v, 0.2), denoiser(v, ths=0.2), atol=1e-4, rtol=0)


def test_a_positive_image_held_to_its_phase_is_denoised_as_deepinv_does_it():
    denoiser = pytest.importorskip("deepinv.models").TVDenoiser(n_it_max=500, crit=1e-9)
    E = CartesianEncoding(torch.ones(12, 9))
    x = torch.rand(1, 1, 12, 9, generator=torch.Generator().manual_seed(0)) + 0.1
    y = E(x + 0j)
    expected = denoiser(x, ths=0.1 * signal_scale(x).item())
    for phase in torch.exp(1j * torch.tensor([0.0, 0.7])):  # the solution turns with the phase
        image = total_variation(phase * y, E, 0.1, phase_width=2.0)
        torch.testing.assert_close(image, phase * expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("phase_width", [None, 2.0])
def test_the_solution_meets_the_optimality_condition_of_the_complex_or_the_real_problem(phase_width):
    y = E(blocks((8, 16)) * torch.exp(1j * torch.linspace(0, 1, 16)))
    x = total_variation(y, E, 0.01, iterations=300, phase_width=phase_width)
    gradient, scale = E.normal(x) - E.adjoint(y), signal_scale(E.adjoint(y)).item()
    if phase_width is not None:
        back = torch.exp(-1j * smooth_phase(sense_start(y, E), phase_width))
        imaginary = (x * back).imag
        torch.testing.assert_close(imaginary, torch.zeros_like(imaginary), atol=1e-6 * scale, rtol=0)
        x, gradient = (x * back).real, (gradient * back).real
    torch.testing.assert_close(prox(x - gradient, 0.01 * scale), x, atol=1e-4 * scale, rtol=0)


def test_turning_back_is_the_adjoint_of_turning_a_real_image():
    x, a = complex_noise(2, 1, *SIZE), complex_noise(2, 1, *SIZE, seed=1).real
    rotation = complex_noise(2, 1, *SIZE, seed=2).sgn()
    torch.testing.assert_close(
        (module._turned(x, rotation, True) * a).sum(), (x.conj() * rotation * a).sum().real
    )
    torch.testing.assert_close(rotation * module._turned(x, rotation, False), x)


def test_a_known_phase_gives_what_half_of_kspace_lacks():
    # lines on one side and a few about the centre: those on the other side are their mirror images
    mask = torch.zeros(16, 24)
    mask[:, 24 // 2 - 4 :] = 1
    E = CartesianEncoding(mask)
    x = blocks((16, 24)).abs() * torch.exp(torch.tensor(0.7j))
    free, held = (total_variation(E(x), E, 1e-4, phase_width=width) for width in (None, 1.0))
    assert nrmse(held, x) < 0.3 * nrmse(free, x)


def test_a_piecewise_constant_image_comes_back_from_half_of_its_lines():
    E = CartesianEncoding(uniform_lines((16, 32), 2, centre_lines=6))
    x = blocks((16, 32))
    y = E(x)
    assert nrmse(total_variation(y, E, 1e-3, iterations=300), x) < 0.2 * nrmse(E.adjoint(y), x)


@pytest.mark.parametrize("phase_width", [None, 2.0])
def test_the_objective_is_that_of_the_scaled_problem_at_each_iterate(phase_width):
    y, seen = E(blocks((8, 16))), []
    solver = TotalVariation(0.01, iterations=6, phase_width=phase_width)
    found = solver.reconstruct(y, E, watch=lambda *told: seen.append(told))
    scale = signal_scale(E.adjoint(y)).item()
    phase = 0 if phase_width is None else smooth_phase(sense_start(y, E), phase_width)
    for iteration, objective, x in seen:
        D = module._differences(x * torch.exp(torch.as_tensor(-1j * phase)) / scale)
        expected = (E(x) - y).abs().square().sum() / (2 * scale**2) + 0.01 * D.abs().square().sum(
            0
        ).sqrt().sum()
        assert objective == found.objective[iteration] == pytest.approx(expected.item(), rel=1e-4)


def test_ctrl_c_leaves_the_last_iterate_and_a_start_at_the_solution_stays():
    y, images = E(blocks((8, 16))), []

    def watch(iteration, objective, image):
        images.append(image)
        if iteration == 2:
            raise KeyboardInterrupt

    found = TotalVariation().reconstruct(y, E, watch=watch)
    assert (found.stopped, len(found.objective)) == ("interrupted", 3)
    assert torch.equal(found.image, images[-1])
    solution = TotalVariation(iterations=500).reconstruct(y, E).image
    once = TotalVariation(iterations=1, inner_iterations=300).reconstruct(y, E, start=solution).image
    torch.testing.assert_close(once, solution, atol=1e-3, rtol=0)


def test_a_width_or_a_number_of_steps_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match=r"`phase_width` must be positive and finite, got 0"):
        total_variation(
            torch.ones(1, 1, 4, 4) + 0j, CartesianEncoding(torch.ones(4, 4)), 0.1, phase_width=0.0
        )
    for name in ("iterations", "inner_iterations"):
        with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1, got 0"):
            TotalVariation(0.1, **{name: 0})
