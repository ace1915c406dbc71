from itertools import pairwise

import pytest
import torch

from monai_blurvae.mri import (
    CartesianEncoding,
    ErrorModel,
    error_model,
    image_to_kspace,
    ring_coverage,
    simulated_coil_maps,
)
from monai_blurvae.mri.error_bars import LEAST_VALUES, RINGS, held_back_rings
from tests.mri.kspace import complex_noise

SIZE = (40, 36)


def halves(share, size=SIZE):
    """Masks of what was seen and what was held back; the rest of k-space was not sampled."""
    drawn = torch.rand(size, generator=torch.Generator().manual_seed(0))
    return drawn < 0.5, (drawn >= 0.5) & (drawn < 0.5 + share)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_intervals_hold_for_errors_that_grow_with_frequency_and_have_heavy_tails(level):
    size = (200, 200)
    held = torch.rand(size, generator=torch.Generator().manual_seed(1)) < 0.3
    _, radii = held_back_rings(held, 1)
    noise = complex_noise(2, *size, seed=2) * complex_noise(2, *size, seed=3).abs()
    table = ring_coverage(radii.square() * noise, held, level)
    assert len(table) == RINGS
    assert all(b.bound > a.bound and b.frequency > a.frequency for a, b in pairwise(table))
    assert sum(ring.values for ring in table) == pytest.approx(int(held.sum()), abs=2 * RINGS)
    for ring in table:  # the binomial's deviation of both halves
        assert ring.covered_percent == pytest.approx(
            100 * level, abs=400 * (2 * level * (1 - level) / ring.values) ** 0.5
        )


@pytest.mark.parametrize(("coils", "rings"), [(1, 1), (20, 2), (300, RINGS)])
def test_rings_have_enough_values_each(coils, rings):
    held = torch.zeros(SIZE, dtype=torch.bool)
    held[:, [3, 9, 11, 30, 33]] = True  # 200 samples
    index, radii = held_back_rings(held, coils)
    counts = index[held].bincount()
    assert len(counts) == rings
    assert counts.max() <= 1.2 * counts.min()
    assert coils == 1 or counts.min() * coils >= 0.9 * 2 * LEAST_VALUES
    assert radii[SIZE[0] // 2, SIZE[1] // 2] == 0
    assert torch.equal(index.flatten()[radii.flatten().argsort()].diff().clamp_max(0).sum(), torch.tensor(0))


def test_what_has_no_two_samples_or_no_level_is_refused():
    residual, held = torch.zeros(1, *SIZE, dtype=torch.complex64), torch.zeros(SIZE, dtype=torch.bool)
    held[0, 0] = True
    with pytest.raises(ValueError, match="`held` must hold two samples or more, got 1"):
        ring_coverage(residual, held)
    with pytest.raises(ValueError, match=r"`level` must be in \(0, 1\), got 1.0"):
        ring_coverage(residual, held, level=1.0)


def test_the_deviation_is_that_of_the_draws():
    rows, columns = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in SIZE), indexing="ij")
    spectrum = torch.exp(-4 * (rows.square() + columns.square()))[None, None]
    place = ((rows > 0) * (1 + columns).abs() + 0.05)[None, None]
    errors = ErrorModel(spectrum, place)
    draws = errors.draw(4000)
    assert draws.shape == (4000, 1, 1, *SIZE)
    for part in (draws.real, draws.imag):
        torch.testing.assert_close(part.square().mean(dim=0).sqrt(), errors.std(), rtol=0.08, atol=0)
    assert torch.equal(errors.draw(2, seed=3), errors.draw(2, seed=3))
    assert not torch.equal(errors.draw(2, seed=3), errors.draw(2, seed=4))


def test_errors_are_as_large_as_held_back_samples_say():
    coils, sigma, missing = 4, 0.02, 0.3
    seen, held = halves(0.2)
    maps = simulated_coil_maps(coils, SIZE)
    rest, unseen = (CartesianEncoding(mask, maps) for mask in (seen, held))
    both = CartesianEncoding(seen | held, maps)
    error = complex_noise(1, 1, *SIZE, seed=1) * missing  # the image's, at every frequency
    noise = sigma * complex_noise(1, coils, *SIZE, seed=2)
    residual = (unseen(error.to(torch.complex64)) + both.mask * noise).to(torch.complex64)
    place = torch.ones(1, 1, *SIZE)
    errors = error_model(residual, rest, unseen, 7 * place)
    sampled = (seen | held)[None, None]
    torch.testing.assert_close(errors.place, place)
    assert errors.spectrum[sampled].mean().item() == pytest.approx(sigma, rel=0.05)
    # the maps' squares sum to 1: over the coils, an image's error keeps its power
    assert errors.spectrum[~sampled].mean().item() == pytest.approx(missing, rel=0.1)
    drawn = image_to_kspace(errors.draw(200))[..., ~sampled[0, 0]]
    assert drawn.abs().square().mean().sqrt().item() == pytest.approx(missing, rel=0.1)
