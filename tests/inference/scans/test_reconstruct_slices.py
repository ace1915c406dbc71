import io

import numpy as np
import pytest
import torch

from monai_blurvae.inference import (
    Acquisitions,
    BrainMask,
    GivenMaps,
    HoldBack,
    NoiseLevel,
    SliceReconstruction,
    Undersample,
    placement,
    scan_geometry,
)
from monai_blurvae.inference.scans.reconstruct_slices import SliceProgress
from monai_blurvae.mri import CGSense, TotalVariation
from monai_blurvae.mri.orientation import reorient
from tests.inference.scans.scan import SIZE, CornerSolver, coil_maps, kspace, phantom


@pytest.fixture
def acquire(tmp_path):
    """Three slices, one thrice as bright as another, with their maps."""
    np.save(tmp_path / "kspace.npy", torch.cat([kspace() * (1 + n) for n in range(3)]).numpy())
    np.save(tmp_path / "maps.npy", coil_maps()[0].numpy())

    def make(*steps):
        return Acquisitions(
            tmp_path / "kspace.npy", None, [GivenMaps(tmp_path / "maps.npy"), NoiseLevel(0.1), *steps]
        )

    return make


def test_fully_sampled_slices_come_back(acquire):
    volume = SliceReconstruction(CGSense(weight=0.0))(acquire())
    assert not volume.interrupted
    for number, part in enumerate(volume.slices):
        torch.testing.assert_close(part.image, (1 + number) * phantom()[0, 0], atol=1e-4, rtol=1e-4)
        assert part.number == number
        assert part.std is None
        assert part.record["residual_percent"] < 0.01
        assert part.record["acceleration"] == 1


def test_the_record_tells_of_the_solver_and_of_what_was_held_back(acquire):
    acquisitions = acquire(Undersample(2, "uniform", 6), HoldBack(0.2))
    volume = SliceReconstruction(CornerSolver(), samples=0)(acquisitions)
    for part in volume.slices:
        record = part.record
        assert (record["stopped"], record["objective"]) == ("converged", [3.0, 2.0, 1.0])
        assert record["held_back_residual_percent"] > 0
        assert record["noise_std"] == 0.1
        assert record["acceleration"] > 2


def test_the_deviation_is_that_of_the_magnitudes_of_the_draws(acquire):
    first = SliceReconstruction(CornerSolver(), samples=50, seed=1)(acquire()).slices[0]
    draws = torch.randn(50, generator=torch.Generator().manual_seed(1)) * 0.1
    torch.testing.assert_close(first.std, first.image.abs() * (1 + draws).abs().std())


def test_an_interrupted_solver_leaves_its_last_iterate_and_no_further_slice(acquire):
    volume = SliceReconstruction(CornerSolver(interrupt=1))(acquire())
    (part,) = volume.slices
    assert volume.interrupted
    assert part.record["stopped"] == "interrupted"
    assert part.record["objective"] == [3.0]
    assert part.std is None
    expected = CornerSolver(iterations=1).reconstruct(kspace(), acquire().first().encoding).image[0, 0]
    torch.testing.assert_close(part.image, expected)


class Interrupted(CornerSolver):
    """Somebody interrupts a call of `reconstruct`, or the draws."""

    def __init__(self, call=None):
        super().__init__()
        self.call, self.calls = call, 0

    def reconstruct(self, *args, **kwargs):
        self.calls += 1
        if self.calls == self.call:
            raise KeyboardInterrupt
        return super().reconstruct(*args, **kwargs)

    def posterior_samples(self, *args, **kwargs):
        if self.call is None:
            raise KeyboardInterrupt
        return super().posterior_samples(*args, **kwargs)


def test_slices_and_images_before_an_interruption_are_kept_where_there_are_any(acquire):
    before = SliceReconstruction(Interrupted(call=3))(acquire())
    assert before.interrupted
    assert [part.record["stopped"] for part in before.slices] == ["converged", "converged"]
    draws = SliceReconstruction(Interrupted())(acquire())
    (part,) = draws.slices
    assert draws.interrupted
    assert (part.image.shape, part.std) == (SIZE, None)
    with pytest.raises(KeyboardInterrupt):
        SliceReconstruction(Interrupted(call=1))(acquire())


@pytest.mark.parametrize("samples", [1, -1])
def test_numbers_of_draws_without_deviation_are_refused(samples):
    with pytest.raises(ValueError, match=f"`samples` must be 0, or at least 2 .* got {samples}"):
        SliceReconstruction(CornerSolver(), samples=samples)


@pytest.fixture
def turned(tmp_path):
    """Slices, maps and mask in the layout of an orientation."""

    def make(orientation):
        for name, values in (("y", torch.cat([kspace(), 2 * kspace()])), ("m", coil_maps()[0]), ("b", BRAIN)):
            np.save(tmp_path / f"{name}.npy", reorient(values, "PL", orientation).numpy())
        steps = [GivenMaps(tmp_path / "m.npy"), NoiseLevel(0.1)]
        mask = BrainMask(tmp_path / "b.npy", scan_geometry(orientation, None, None, "PLS"))
        return Acquisitions(tmp_path / "y.npy", None, steps), mask

    return make


BRAIN = torch.zeros(SIZE)
BRAIN[3:20, 2:11] = 1


@pytest.mark.parametrize("orientation", ["AL", "PR", "AR", "LP", "RA", "RAS"])
def test_a_solver_with_a_prior_sees_slices_in_the_orientation_of_the_prior(turned, orientation):
    def volume(orientation, place):
        acquisitions, mask = turned(orientation)
        return SliceReconstruction(CornerSolver(), brain=mask, by_noise=True, placement=place)(acquisitions)

    own = volume("PL", None)
    found = volume(orientation, placement(orientation, None, "PLS"))
    for one, expected in zip(found.slices, own.slices, strict=True):
        for name in ("image", "std", "zero_filled"):
            values = reorient(getattr(expected, name), "PL", orientation)
            torch.testing.assert_close(getattr(one, name), values, rtol=1e-3, atol=1e-3)
        assert one.record["objective"] == expected.record["objective"]
        assert one.record["weight"] == pytest.approx(0.1)


def test_a_solver_without_a_prior_sees_slices_as_they_are(turned):
    acquisitions, _ = turned("RA")
    place = placement("RA", None, "PLS")
    found = SliceReconstruction(TotalVariation(iterations=3), placement=place)(acquisitions)
    expected = SliceReconstruction(TotalVariation(iterations=3))(turned("RA")[0])
    assert torch.equal(found.slices[0].image, expected.slices[0].image)


def brain(tmp_path, *slices):
    np.save(tmp_path / "brain.npy", np.stack(slices))
    return BrainMask(tmp_path / "brain.npy", scan_geometry("PL", None, None, "PLS"))


def test_each_slice_has_its_part_of_the_mask(acquire, tmp_path):
    parts = torch.zeros(3, *SIZE)
    parts[0, 5:], parts[1, :, 7:], parts[2, 2:9, 3:9] = 1, 1, 1
    found = SliceReconstruction(CornerSolver(), brain=brain(tmp_path, *parts))(acquire())
    for part, acquisition, mask in zip(found.slices, acquire(), parts, strict=True):
        assert not part.std[mask == 0].any()
        assert bool((part.std[mask.bool() & (part.image.abs() > 0.1)] > 0).all())
        arguments = acquisition.kspace, acquisition.encoding
        expected = CornerSolver().reconstruct(*arguments, mask=mask[None, None]).image[0, 0]
        torch.testing.assert_close(part.image, expected)


def test_the_weight_is_in_the_record_and_the_noise_is_told_where_it_is_wanted(acquire):
    told = SliceReconstruction(CornerSolver(), samples=0, by_noise=True)(acquire())
    assert [part.record["weight"] for part in told.slices] == [pytest.approx(0.1)] * 3
    untold = SliceReconstruction(CornerSolver(), samples=0)(acquire())
    assert untold.slices[0].record["weight"] is None
    stated = SliceReconstruction(CGSense(weight=0.5), by_noise=True)(acquire())
    assert stated.slices[0].record["weight"] == 0.5


def test_what_the_solver_cannot_reconstruct_is_refused_before(acquire, tmp_path, monkeypatch):
    SliceReconstruction(CornerSolver()).check(acquire())
    monkeypatch.setattr(CornerSolver, "least_size", (32, 16))  # a prior of large patches
    with pytest.raises(ValueError, match=r"`kspace` must have at least the 32 x 16 .* got .* 24 x 20"):
        SliceReconstruction(CornerSolver()).check(acquire())
    monkeypatch.undo()
    mask = brain(tmp_path, np.ones(SIZE))
    SliceReconstruction(CornerSolver(), brain=mask).check(acquire())
    with pytest.raises(ValueError, match=r"`brain_mask` must be left out for a method without a prior"):
        SliceReconstruction(CGSense(), brain=mask).check(acquire())


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_with_the_objective():
    stream = Terminal()
    progress = SliceProgress("slice 3", total=2, stream=stream)
    for iteration in range(2):
        progress(iteration, 12.5 - iteration, torch.zeros(1))
    progress.close("converged")
    assert "2/2" in stream.getvalue()
    assert stream.getvalue().endswith("slice 3: converged\n")


def test_a_log_gets_whole_lines_no_oftener_than_asked():
    often, seldom = io.StringIO(), io.StringIO()
    for stream, every_s in ((often, 0.0), (seldom, 1000.0)):
        progress = SliceProgress("slice 3", stream=stream, every_s=every_s)
        progress(0, 12.5, torch.zeros(1))
        progress.close("converged")
    assert often.getvalue() == "slice 3: iteration 0, objective 12.5\nslice 3: converged\n"
    assert seldom.getvalue() == "slice 3: converged\n"
