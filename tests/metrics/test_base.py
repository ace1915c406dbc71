import numpy as np
import pytest
import torch
from ignite.exceptions import NotComputableError
from monai.data import MetaTensor, decollate_batch

from monai_blurvae.keys import Keys
from monai_blurvae.losses import L2Loss, WienerBlurLoss
from monai_blurvae.metrics import (
    ActiveUnits,
    BitsPerDimension,
    FrechetDistance,
    KLDivergence,
    LogSpectrumDifference,
    MaximumMeanDiscrepancy,
    MeanLogSpectrum,
    RingCorrelation,
    Sharpness,
    Table6Bound,
    psnr,
    ssim,
)
from monai_blurvae.metrics.base import collated
from tests.metrics.features import QuarterMeans
from tests.ranks import on_two_ranks

MAKERS = {
    "kl": KLDivergence,
    "active_units": ActiveUnits,
    "bits_l2": lambda: BitsPerDimension(L2Loss(), lambda: 0.3),
    "bits_wiener": lambda: BitsPerDimension(WienerBlurLoss(), lambda: 0.3),
    "table6": lambda: Table6Bound(WienerBlurLoss()),
    "sharpness": Sharpness,
    "ring_correlation": RingCorrelation,
    "spectrum": MeanLogSpectrum,
    "spectrum_difference": LogSpectrumDifference,
    "psnr": psnr,
    "ssim": ssim,
}
SHARED = {**MAKERS, "fid": lambda: FrechetDistance(QuarterMeans()), "mmd": MaximumMeanDiscrepancy}
"""Measures that keep more than sums over images, too: over processes they agree all the same."""


def part(output, first, last):
    return {key: value[first:last] for key, value in output.items()}


@pytest.mark.parametrize("name", SHARED)
def test_the_value_does_not_depend_on_the_batches(output, measure, name):
    whole = measure(SHARED[name](), output)
    singles = measure(SHARED[name](), *(part(output, i, i + 1) for i in range(8)))
    uneven = measure(SHARED[name](), part(output, 0, 5), part(output, 5, 8))
    torch.testing.assert_close(torch.as_tensor(singles), torch.as_tensor(whole), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(torch.as_tensor(uneven), torch.as_tensor(whole), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_kept_does_not_grow_with_the_images(output, name):
    metric = MAKERS[name]()
    sizes = set()
    for _ in range(3):
        metric.update(output)
        sizes.add(sum(value.numel() for value in vars(metric).values() if isinstance(value, torch.Tensor)))
    assert len(sizes) == 1


def test_a_new_evaluation_starts_from_nothing(output, measure):
    metric = KLDivergence()
    first = measure(metric, output)
    assert measure(metric, output) == first


def test_no_image_has_no_measure():
    with pytest.raises(NotComputableError, match="KLDivergence needs at least one image"):
        KLDivergence().compute()


def compute_on_a_rank(rank, output):
    values = {}
    for name, make in SHARED.items():
        metric = make()
        metric.update(part(output, 0, 3) if rank == 0 else part(output, 3, 8))
        values[name] = torch.as_tensor(metric.compute())
    return values


def test_processes_with_uneven_shares_agree_on_the_value_of_one_process(output, measure, tmp_path):
    output = {str(key): value for key, value in output.items()}
    for values in on_two_ranks(compute_on_a_rank, tmp_path, output):
        for name, make in SHARED.items():
            whole = torch.as_tensor(measure(make(), output))
            torch.testing.assert_close(values[name], whole, rtol=1e-5, atol=1e-5)


def test_a_measure_on_half_precision_is_one_of_the_same_numbers(output, measure):
    halves = {Keys.MU: output[Keys.MU].bfloat16(), Keys.LOG_VAR: output[Keys.LOG_VAR].bfloat16()}
    floats = {key: value.float() for key, value in halves.items()}
    assert measure(KLDivergence(), halves) == measure(KLDivergence(), floats)


def test_the_deviation_is_that_of_the_images_over_all_batches(output, measure):
    each = [measure(KLDivergence(), part(output, i, i + 1)) for i in range(8)]
    metric = KLDivergence()
    measure(metric, part(output, 0, 5), part(output, 5, 8))
    assert metric.std == pytest.approx(np.std(each), rel=1e-6)


@pytest.mark.parametrize("make", [ActiveUnits, Sharpness, MeanLogSpectrum, LogSpectrumDifference])
def test_a_measure_of_all_images_together_has_no_deviation(output, measure, make):
    metric = make()
    measure(metric, output)
    assert metric.std is None


def test_a_decollated_output_is_put_back_into_its_batch(output):
    whole = {**output, Keys.KERNEL: None, Keys.LOSS: torch.tensor(0.1), "name": ["a", "b"] * 4}
    images = decollate_batch({**whole, Keys.IMAGE: MetaTensor(output[Keys.IMAGE])})
    assert len(images) == 8
    again = collated(images)
    for key in output.keys() - {Keys.KERNEL}:
        assert type(again[key]) is torch.Tensor
        assert torch.equal(again[key], output[key])
    assert again[Keys.KERNEL] is None
    assert again[Keys.LOSS] == torch.tensor(0.1).item()  # repeated for each image by MONAI
    assert again["name"] == whole["name"]


def test_latents_of_any_shape_are_measured_as_their_flat_vectors(output, measure):
    shape = {key: output[key][:, :4].reshape(8, 1, 2, 2) for key in (Keys.MU, Keys.LOG_VAR)}
    flat = {key: value.flatten(1) for key, value in shape.items()}
    for make in (KLDivergence, ActiveUnits):
        assert measure(make(), shape) == measure(make(), flat)
