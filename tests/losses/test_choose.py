from functools import partial

import pytest

from monai_blurvae.losses import L1Loss, L2Loss, WatsonLoss, WienerBlurLoss, choose_loss

LOSSES = {"l1": L1Loss, "l2": partial(L2Loss, scale=0.5), "wiener": WienerBlurLoss}


@pytest.mark.parametrize(("name", "kind"), [("l1", L1Loss), ("l2", L2Loss), ("wiener", WienerBlurLoss)])
def test_a_name_makes_its_term_with_its_settings(name, kind):
    loss = choose_loss(LOSSES, name)
    assert type(loss) is kind
    assert loss.scale == (0.5 if name == "l2" else "optimal")


def test_what_another_term_lacks_does_not_matter():
    losses = {"l1": L1Loss, "watson": partial(WatsonLoss, watson_weights=None)}
    assert type(choose_loss(losses, "l1")) is L1Loss
    with pytest.raises(ValueError, match="`watson_weights`"):
        choose_loss(losses, "watson")


@pytest.mark.parametrize(("name", "nearest"), [("winer", "wiener"), ("L2", "l2"), ("l1_loss", "l1")])
def test_an_unknown_name_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=rf"`loss` must be one of l1, l2, wiener \(nearest: {nearest}\)"):
        choose_loss(LOSSES, name)
