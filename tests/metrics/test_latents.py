import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl_divergence

from monai_blurvae.keys import Keys
from monai_blurvae.metrics import ActiveUnits, KLDivergence


def test_kl_divergence_is_the_mean_of_torch_distributions(output, measure):
    posterior = Normal(output[Keys.MU].double(), (output[Keys.LOG_VAR].double() / 2).exp())
    expected = torch_kl_divergence(posterior, Normal(0.0, 1.0)).sum(dim=1).mean().item()
    assert measure(KLDivergence(), output) == pytest.approx(expected, rel=1e-5)


def test_active_units_are_those_whose_mean_varies_by_more_than_a_hundredth(measure):
    # +-a has variance a^2: 0.0121 counts, 0.0081 does not; a large constant does not; 2 and 1 have 0.25
    mu = torch.tensor([[0.11, 0.09, 1000.0, 2.0], [-0.11, -0.09, 1000.0, 1.0]])
    value = measure(ActiveUnits(), {Keys.MU: mu})
    assert value == 2
    assert isinstance(value, int)
