import pytest
import torch

from monai_blurvae.functional import median_distance, squared_mmd
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import MaximumMeanDiscrepancy, NotComputed


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_images_of_32_pixels_are_compared_pixel_by_pixel_at_the_data_s_median_distance(output, measure):
    data, samples = (output[key].flatten(1) for key in (Keys.IMAGE, Keys.SAMPLES))
    expected = squared_mmd(data, samples, median_distance(data).item()).item()
    assert measure(MaximumMeanDiscrepancy(), output) == pytest.approx(expected, rel=1e-6)


def test_the_data_does_not_differ_from_itself(output, measure):
    assert measure(MaximumMeanDiscrepancy(), {**output, Keys.SAMPLES: output[Keys.IMAGE]}) == 0


@pytest.mark.parametrize("shape", [(5, 3, 64, 64), (5, 1, 32, 32, 32)])
def test_larger_images_are_averaged_down(measure, shape):
    fine, coarse = {}, {}
    for index, key in enumerate((Keys.IMAGE, Keys.SAMPLES)):
        coarse[key] = normal(*shape[:2], *(length // 2 for length in shape[2:]), seed=index)
        fine[key] = coarse[key]
        for axis in range(2, len(shape)):
            fine[key] = fine[key].repeat_interleave(2, dim=axis)
    value = measure(MaximumMeanDiscrepancy(), fine)
    assert value == pytest.approx(measure(MaximumMeanDiscrepancy(), coarse), rel=1e-5)


def test_only_the_first_images_count_and_are_kept(output, measure):
    first = {key: value[:5] for key, value in output.items()}
    metric = MaximumMeanDiscrepancy(images=5)
    halves = [{key: value[part] for key, value in output.items()} for part in (slice(0, 4), slice(4, 8))]
    assert measure(metric, *halves) == pytest.approx(measure(MaximumMeanDiscrepancy(), first), rel=1e-6)
    assert sum(len(pairs) for pairs in metric._pairs) == 5


def test_a_second_evaluation_starts_from_nothing(output, measure):
    metric = MaximumMeanDiscrepancy(Keys.RECONSTRUCTION)
    assert measure(metric, output) == measure(metric, output)


def test_what_has_no_estimate_says_so(output, measure):
    one = {key: value[:1] for key, value in output.items()}
    assert measure(MaximumMeanDiscrepancy(), one) == NotComputed("at least two images are needed")
    alike = {**output, Keys.IMAGE: torch.zeros_like(output[Keys.IMAGE])}
    assert measure(MaximumMeanDiscrepancy(), alike) == NotComputed("the images of the data are all alike")
    assert MaximumMeanDiscrepancy().compute() == NotComputed("at least two images are needed")


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="`images` must be an integer of at least 2, got 1"):
        MaximumMeanDiscrepancy(images=1)
