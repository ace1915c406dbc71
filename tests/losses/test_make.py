import pytest

from monai_blurvae.blur import FixedBlur, LeastSquaresBlur, MeasuredBlur, NetworkBlur
from monai_blurvae.losses import TERMS, L1Loss, L2Loss, LossSettings, WienerBlurLoss, make_loss


@pytest.mark.parametrize(("name", "kind"), [("l1", L1Loss), ("l2", L2Loss), ("wiener_blur", WienerBlurLoss)])
def test_a_name_makes_its_term_with_its_settings(name, kind):
    loss = make_loss({"name": name, "scale": 0.5})
    assert type(loss) is kind
    assert loss.scale == 0.5


@pytest.mark.parametrize(
    ("blur", "kind"),
    [
        ("fixed", FixedBlur),
        ("network", NetworkBlur),
        ("least_squares", LeastSquaresBlur),
        ("measured", MeasuredBlur),
    ],
)
def test_a_blur_has_the_settings_of_three_dimensions(blur, kind):
    loss = make_loss({"blur": blur, "spatial_dims": 3, "kernel_size": 5})
    assert type(loss.blur) is kind
    if blur == "least_squares":
        assert loss.blur.kernel_size == (5, 5, 5)
    if blur == "fixed":
        assert loss.blur.kernel.shape == (5, 5, 5)


def test_what_another_term_lacks_does_not_matter():
    assert type(make_loss({"name": "l1", "watson_weights": None})) is L1Loss
    with pytest.raises(ValueError, match="`watson_weights`"):
        make_loss({"name": "watson", "watson_weights": None})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "winer_blur"}, r"`loss.name` must be one of .*did you mean `wiener_blur`"),
        ({"blur": "measurd"}, r"`loss.blur` must be one of fixed, network.*did you mean `measured`"),
        ({"c": 0.1}, "`loss` must hold only name, .*got 'c'"),
        ({"C": "0.025"}, "`loss.C` must be a number or null, got '0.025'"),
        ({"C": True}, "`loss.C` must be a number or null, got True"),
        ({"rings": 12.5}, "`loss.rings` must be a whole number, got 12.5"),
        ({"floor": "none"}, "`loss.floor` must be a number or null, got 'none'"),
    ],
)
def test_unknown_names_and_wrong_types_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make_loss(settings)


def test_every_term_stands_in_the_table_of_the_command():
    assert LossSettings().name in TERMS


def test_the_rings_of_a_measured_blur_take_the_spacing_of_the_settings():
    loss = make_loss({"blur": "measured", "spatial_dims": 3, "spacing": [1, 1, 2.5]})
    assert loss.blur.spacing == (1.0, 1.0, 2.5)
    with pytest.raises(ValueError, match=r"`loss.spacing\[1\]` must be positive and finite, got 0"):
        make_loss({"blur": "measured", "spacing": [1, 0]})
