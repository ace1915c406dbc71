import math

import pytest
import torch

from monai_blurvae.functional import median_distance, squared_mmd


def normal(n, d=1, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_estimate_is_the_sum_over_pairs_that_the_lemma_prints():
    x, y, s = normal(5, 3), normal(5, 3, seed=1) + 0.5, 0.7

    def k(a, b):
        return math.exp(-float((a - b).square().sum()) / (2 * s**2))

    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    expected = sum(k(x[i], x[j]) + k(y[i], y[j]) - k(x[i], y[j]) - k(x[j], y[i]) for i, j in pairs) / 20
    assert squared_mmd(x, y, s).item() == pytest.approx(expected, rel=1e-9)


def test_shifted_normal_distributions_have_the_closed_form():
    # E k(a, b) of independent a ~ N(m, 1), b ~ N(0, 1) is s / sqrt(s^2 + 2) exp(-m^2 / (2 (s^2 + 2)))
    s, m = 1.0, 1.5
    expected = 2 * s / math.sqrt(s**2 + 2) * (1 - math.exp(-(m**2) / (2 * (s**2 + 2))))
    value = squared_mmd(normal(2000), normal(2000, seed=1) + m, s).item()
    assert value == pytest.approx(expected, rel=0.1)  # a standard error of about 3 %


def test_on_average_it_is_0_where_the_distributions_agree():
    values = torch.stack(
        [squared_mmd(normal(20, seed=2 * i), normal(20, seed=2 * i + 1), 1.0) for i in range(200)]
    )
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(200)
    assert values.min() < 0


def test_what_hangs_on_its_partner_is_judged_by_its_distribution_alone():
    # y_i = -x_i has the distribution of x: a mean over all pairs would count each with its own mirror image
    values = torch.stack([squared_mmd(x, -x, 1.0) for x in (normal(20, seed=i) for i in range(200))])
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(200)


def test_a_rotation_does_not_matter():
    x, y = normal(6, 3), normal(6, 3, seed=1)
    rotation = torch.linalg.qr(normal(3, 3, seed=2)).Q
    torch.testing.assert_close(squared_mmd(x @ rotation, y @ rotation, 1.3), squared_mmd(x, y, 1.3))


def test_the_median_distance_is_that_of_the_pairs():
    x = normal(5, 2)
    distances = sorted(math.dist(x[i], x[j]) for i in range(5) for j in range(i))
    assert median_distance(x).item() == pytest.approx(distances[4])  # torch takes the lower of two middles


@pytest.mark.parametrize(
    ("x", "y", "bandwidth", "message"),
    [
        (normal(3), normal(4), 1.0, r"`y` must have the shape of `x`, \(3, 1\), got \(4, 1\)"),
        (normal(1), normal(1), 1.0, "`x` must hold at least two vectors, got 1"),
        (normal(3), normal(3), 0.0, "`bandwidth` must be positive, got 0.0"),
    ],
)
def test_what_has_no_estimate_is_refused(x, y, bandwidth, message):
    with pytest.raises(ValueError, match=message):
        squared_mmd(x, y, bandwidth)


def test_one_vector_has_no_median_distance():
    with pytest.raises(ValueError, match="`x` must hold at least two vectors, got 1"):
        median_distance(normal(1))
