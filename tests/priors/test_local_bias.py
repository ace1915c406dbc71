import math

import pytest
import torch

from monai_blurvae.priors import local_bias
from tests.priors.conftest import images

INSIDE = torch.ones(1, 1, 20, 24, dtype=torch.bool)


def test_a_constant_residual_is_its_own_bias_up_to_the_border_of_the_brain():
    brain = INSIDE.clone()
    brain[..., :7] = False
    bias = local_bias(torch.full((1, 1, 20, 24), -0.3), brain, 3.0)
    torch.testing.assert_close(bias[brain], torch.full_like(bias[brain], 0.3))
    assert bias[~brain].isnan().all()


def test_what_lies_outside_the_brain_or_is_unknown_changes_nothing():
    residual, brain = images(1, 20, 24), INSIDE.clone()
    brain[..., :5, :] = False
    residual[..., 12, 12] = math.nan
    expected = local_bias(residual, brain, 2.0)
    assert expected[0, 0, 12, 12].isnan()
    residual[~brain] = 7.0
    torch.testing.assert_close(local_bias(residual, brain, 2.0), expected, equal_nan=True)


def test_errors_up_and_down_cancel_and_errors_one_way_do_not():
    checkers = (-1.0) ** (torch.arange(20)[:, None] + torch.arange(24))
    bias = local_bias(checkers.view(1, 1, 20, 24), INSIDE, 2.0)
    assert bias[..., 6:14, 6:18].max() < 1e-3


def test_the_sign_of_the_residual_does_not_matter():
    residual = images(1, 20, 24)
    torch.testing.assert_close(local_bias(residual, INSIDE, 2.0), local_bias(-residual, INSIDE, 2.0))


def test_a_width_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="`sigma` must be positive, got 0"):
        local_bias(images(1, 20, 24), INSIDE, 0)
