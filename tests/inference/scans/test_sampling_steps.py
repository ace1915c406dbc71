import numpy as np
import pytest
import torch

from monai_blurvae.inference import ApplyMask, HoldBack, RemoveOversampling, Undersample
from monai_blurvae.mri import kspace_to_image, remove_readout_oversampling, uniform_lines
from tests.inference.scans.scan import SIZE

LINES = np.arange(SIZE[1]) % 2


def test_without_settings_nothing_changes(full):
    for step in (ApplyMask(), RemoveOversampling(), Undersample(), HoldBack()):
        assert step(full) is full


@pytest.mark.parametrize("axis", [-1, -2])
def test_lines_vary_along_the_stated_axis(full, save, axis):
    lines = np.arange(SIZE[axis]) % 2
    masked = ApplyMask(save(lines), axis)(full)
    expected = torch.from_numpy(lines == 1)
    expected = expected[None, :].expand(SIZE) if axis == -1 else expected[:, None].expand(SIZE)
    assert torch.equal(masked.mask[0, 0], expected)
    assert torch.equal(masked.kspace, full.kspace * expected)


def test_a_mask_may_be_one_or_one_a_slice(full, save):
    one = np.broadcast_to(LINES, SIZE)
    each = np.stack([1 - one, one, 1 - one])
    assert torch.equal(ApplyMask(save(one))(full).mask, ApplyMask(save(each))(full).mask)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.ones((4, 4)), r"`mask` must have the size of `kspace`, \(24, 20\), got \(4, 4\)"),
        (np.ones(24), r"`mask` must have the size of `kspace`"),
        (np.full(SIZE, 2), "`mask` must hold only 0 and 1, got values from 2"),
        (np.zeros(SIZE), "`mask` must sample something of slice 1, got all zero"),
        (np.ones(SIZE, complex), "`mask` must be real"),
        (np.ones((1, 1, *SIZE)), "`mask` must be real, .* of shape"),
    ],
)
def test_masks_that_do_not_fit_are_refused(full, save, values, match):
    step = ApplyMask(save(values))
    with pytest.raises(ValueError, match=match):
        step(full)


def test_the_drawing_is_that_of_the_priors_along_the_stated_axis(full):
    mask = Undersample(2, "uniform", centre=4, seed=3)(full).mask
    assert torch.equal(mask[0, 0], uniform_lines(SIZE, 2, 4, seed=3))
    mask = Undersample(2, "uniform", centre=4, seed=3, phase_encoding_axis=-2)(full).mask
    assert torch.equal(mask[0, 0].T, uniform_lines(SIZE[::-1], 2, 4, seed=3))


def test_points_of_a_poisson_disc_are_drawn(full):
    pytest.importorskip("sigpy")
    mask = Undersample(3, "poisson", centre=6)(full).mask
    assert bool(mask[0, 0, 9:15, 7:13].all())
    assert 2 < SIZE[0] * SIZE[1] / int(mask.sum()) < 4


def test_what_was_not_measured_is_not_kept(full, save):
    measured = ApplyMask(save(LINES))(full)
    mask = Undersample(2, centre=4)(measured).mask
    assert not bool((mask & ~measured.mask).any())


def test_held_back_samples_are_measured_and_not_seen(full):
    held = HoldBack(0.2, seed=1)(Undersample(2, centre=6)(full))
    assert held.held_back is not None
    assert not bool((held.mask & held.held_back).any())
    assert bool((held.kspace[held.held_back.expand_as(held.kspace)] != 0).any())
    assert bool(held.mask[..., 9:15, 7:13].all())


def test_other_types_and_axes_are_refused():
    with pytest.raises(ValueError, match=r"`mask_type` must be one of .*did you mean `uniform`"):
        Undersample(2, "unifrm")
    with pytest.raises(ValueError, match=r"`phase_encoding_axis` must be -1 .* got 1"):
        RemoveOversampling(4, phase_encoding_axis=1)


def test_rows_are_the_readout_unless_columns_are(full):
    expected = remove_readout_oversampling(full.kspace, 12)
    cropped = RemoveOversampling(12)(full)
    assert torch.equal(cropped.kspace, expected)
    assert cropped.mask.shape == (1, 1, 12, 20)
    narrow = RemoveOversampling(10, phase_encoding_axis=-2)(full)
    torch.testing.assert_close(kspace_to_image(narrow.kspace), kspace_to_image(full.kspace)[..., 5:15])


def test_undersampling_what_is_undersampled_is_said_once(full, caplog):
    step = Undersample(2.0, centre=4)
    first = step(full)
    assert not caplog.records
    for _ in range(2):
        step(first)
    (record,) = caplog.records
    share = f"{100 * first.mask.float().mean():.0f} %"
    assert record.getMessage() == f"`kspace` has {share} of its samples, and `acceleration` leaves out more"
