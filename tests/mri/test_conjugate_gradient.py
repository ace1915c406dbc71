from itertools import pairwise

import pytest
import torch

from monai_blurvae.mri import conjugate_gradient
from tests.mri.kspace import complex_noise


def hermitian(batch, n, seed=0):
    A = complex_noise(batch, n, n, seed=seed)
    return A @ A.mH + torch.eye(n)


def apply(A):
    return lambda x: torch.einsum("bij,bj->bi", A.to(x.dtype), x)


def test_solutions_are_those_of_a_dense_solver():
    A, b = hermitian(3, 8), complex_noise(3, 8, seed=5)
    x = conjugate_gradient(apply(A), b, iterations=100, tolerance=1e-12)
    torch.testing.assert_close(x, torch.linalg.solve(A, b), rtol=1e-8, atol=1e-8)


def test_n_steps_solve_a_system_with_n_distinct_eigenvalues():
    diagonal = torch.tensor([1.0, 1.0, 3.0, 3.0, 7.0], dtype=torch.float64)
    b = torch.ones(1, 5, dtype=torch.float64)
    x = conjugate_gradient(lambda v: diagonal * v, b, iterations=3, tolerance=0)
    torch.testing.assert_close(x, b / diagonal)


def test_the_energy_norm_of_the_error_never_grows():
    A, b = hermitian(1, 12), complex_noise(1, 12, seed=5)
    exact = torch.linalg.solve(A, b)
    errors = [
        (lambda e: (e.conj() * apply(A)(e)).sum().real)(
            conjugate_gradient(apply(A), b, iterations=steps, tolerance=0) - exact
        )
        for steps in range(10)
    ]
    assert all(after <= before for before, after in pairwise(errors))


def test_each_element_of_a_batch_is_solved_as_if_alone():
    A, b = hermitian(3, 8), complex_noise(3, 8, seed=5) * torch.tensor([[1.0], [1e-6], [1e6]])
    together = conjugate_gradient(apply(A), b, iterations=5)
    alone = torch.cat([conjugate_gradient(apply(A[i : i + 1]), b[i : i + 1], iterations=5) for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-10, atol=0)


def test_a_zero_right_hand_side_beside_others_stays_zero():
    A, b = hermitian(2, 4), complex_noise(2, 4, seed=5)
    b[0] = 0
    x = conjugate_gradient(apply(A), b)
    assert not x[0].any()
    torch.testing.assert_close(apply(A)(x)[1], b[1], rtol=1e-4, atol=1e-4)


def test_a_start_at_the_solution_stays_there():
    A, b = hermitian(2, 4), complex_noise(2, 4, seed=5)
    exact = torch.linalg.solve(A, b)
    assert torch.equal(conjugate_gradient(apply(A), b, start=exact), exact)


def test_a_singular_system_gives_the_solution_of_least_norm():
    diagonal = torch.tensor([2.0, 4.0, 0.0])
    x = conjugate_gradient(lambda v: diagonal * v, torch.tensor([[2.0, 2.0, 0.0]]))
    torch.testing.assert_close(x, torch.tensor([[1.0, 0.5, 0.0]]))


def test_single_precision_long_after_convergence_stays_finite():
    A, b = hermitian(1, 6).to(torch.complex64), complex_noise(1, 6).to(torch.complex64)
    assert torch.isfinite(conjugate_gradient(apply(A), b, iterations=500, tolerance=0)).all()


@pytest.mark.parametrize("argument", [{"iterations": -1}, {"tolerance": -1.0}])
def test_negative_limits_are_refused(argument):
    with pytest.raises(ValueError, match="at least 0, got -1"):
        conjugate_gradient(lambda x: x, torch.ones(1, 2), **argument)


def test_a_start_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"`start` must have the shape of `b`, \(1, 2\), got \(2,\)"):
        conjugate_gradient(lambda x: x, torch.ones(1, 2), torch.ones(2))


def test_rounding_outside_of_the_range_of_a_singular_system_is_never_amplified():
    mixing = torch.linalg.qr(complex_noise(1, 16, 16)[0]).Q.to(torch.complex64)
    projection = mixing[:, :4] @ mixing[:, :4].mH
    b = (projection @ complex_noise(16, 1).to(torch.complex64)).T
    x = conjugate_gradient(lambda v: v @ projection.T, b, iterations=300, tolerance=0)
    torch.testing.assert_close(x, b)  # a projection leaves its range as it is
