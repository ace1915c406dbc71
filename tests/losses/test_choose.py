import pytest

from monai_blurvae.losses import L1Loss, L2Loss, WienerBlurLoss, choose_loss

LOSSES = {"l1": L1Loss(), "l2": L2Loss(), "wiener": WienerBlurLoss()}


@pytest.mark.parametrize("name", LOSSES)
def test_a_name_picks_its_term(name):
    assert choose_loss(LOSSES, name) is LOSSES[name]


@pytest.mark.parametrize(("name", "nearest"), [("winer", "wiener"), ("L2", "l2"), ("l1_loss", "l1")])
def test_an_unknown_name_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=rf"`loss` must be one of l1, l2, wiener \(nearest: {nearest}\)"):
        choose_loss(LOSSES, name)
