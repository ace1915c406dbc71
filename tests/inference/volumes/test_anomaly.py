import pytest
import torch
from monai.data import MetaTensor

from monai_blurvae.inference import ANOMALY_MAPS, AnomalyMap
from monai_blurvae.losses import CrossEntropyLoss, L2Loss
from monai_blurvae.priors import PatchStrangeness, VAEPrior


@pytest.fixture
def volume():
    values = torch.rand(14, 17, 10, generator=torch.Generator().manual_seed(0)) * 1.9 - 0.9
    values[..., 2] = -1  # a slice without brain
    values[3:, :, 4] = -1  # one without a patch of enough brain
    values[5:7, 5:7, 6] = -1  # one with a hole
    return MetaTensor(values)


@pytest.mark.parametrize("kind", ANOMALY_MAPS)
def test_a_slice_has_the_map_of_the_priors_judge(network, volume, kind):
    network.scale.fill_(0.3)
    found = AnomalyMap(network, L2Loss(), kind).of(volume)
    assert found.shape == volume.shape
    assert not found[..., [2, 4]].any()
    x = volume.as_tensor()[None, None]
    everywhere = torch.ones_like(x[..., 0], dtype=torch.bool)
    for number in (0, 6, 9):  # judged in two parts
        judged = PatchStrangeness(VAEPrior(network, L2Loss()))(x[..., number], everywhere)
        torch.testing.assert_close(found[..., number], getattr(judged, f"{kind}_map")[0, 0])


def test_an_unknown_map_and_a_loss_without_a_scale_are_refused(network):
    with pytest.raises(ValueError, match="`anomaly` must be one of whitened, error, bias, got 'whitned'"):
        AnomalyMap(network, L2Loss(), "whitned")
    with pytest.raises(ValueError, match="`anomaly` must go with weights of a likelihood"):
        AnomalyMap(network, CrossEntropyLoss())
