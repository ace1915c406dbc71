import pytest
import torch

from monai_blurvae.functional import at_least_float32


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_half_types_rise_to_float32_and_wider_ones_stay(given, wanted):
    assert at_least_float32(torch.ones(2, dtype=given)).dtype == wanted
