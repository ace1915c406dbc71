"""A second term beside the first, and perceptual distances."""

import pytest
import torch
from torch import nn

from monai_blurvae.losses import L1MeanLoss, WienerBlurLoss, make_loss
from monai_blurvae.losses.added import AddedLoss, MeanFocalFrequency, MeanJukebox
from monai_blurvae.losses.perceptual import EfficientNetDistance, perceptual_distance


class Constant(nn.Module):
    """An added term of 3 per image."""

    def forward(self, input, target):
        return input.new_full((len(input),), 3.0)


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, 1, 32, 32, generator=generator) * 1.8 - 0.9


def test_the_added_term_counts_with_its_weight(pair):
    loss = AddedLoss(L1MeanLoss(reduction="none"), Constant(), weight=0.5)
    torch.testing.assert_close(loss(*pair), L1MeanLoss(reduction="none")(*pair) + 1.5)
    torch.testing.assert_close(loss.terms(*pair).nll, loss(*pair))


def test_the_first_terms_blur_source_still_takes_batches_in(pair):
    loss = AddedLoss(WienerBlurLoss(), Constant(), weight=1.0)
    loss.terms(*pair)
    assert loss.blur.batches == 1
    assert not loss.is_likelihood


def test_focal_frequency_is_its_authors_package(pair):
    authors = pytest.importorskip("focal_frequency_loss").FocalFrequencyLoss(alpha=1.0)
    torch.testing.assert_close(MeanFocalFrequency()(*pair).mean(), authors(*pair))


def test_jukebox_is_monais_loss(pair):
    from monai.losses import JukeboxLoss

    torch.testing.assert_close(MeanJukebox()(*pair).mean(), JukeboxLoss(2)(*pair))


def test_jukebox_has_a_finite_gradient_at_a_flat_reconstruction(pair):
    flat = torch.zeros_like(pair[0]).requires_grad_()
    (gradient,) = torch.autograd.grad(MeanJukebox()(flat, pair[1]).sum(), flat)
    assert gradient.isfinite().all()


def test_a_fixed_network_is_not_trained_and_not_saved(pair):
    pytest.importorskip("efficientnet_lite_pytorch")
    distance = EfficientNetDistance().train()
    before = distance(*pair)
    assert not list(distance.parameters())
    assert not distance.state_dict()
    torch.testing.assert_close(distance(*pair), before)  # batch statistics would have moved


def test_the_distance_is_zero_at_the_image_and_has_a_finite_gradient(pair):
    pytest.importorskip("efficientnet_lite_pytorch")
    distance = perceptual_distance("efficientnet_lite0")
    x = pair[1].clone().requires_grad_()
    value = distance(x, pair[1])
    (gradient,) = torch.autograd.grad(value.sum(), x)
    torch.testing.assert_close(value, torch.zeros(3))
    assert gradient.isfinite().all()
    assert (distance(*pair) > 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"added": "perseptual"}, "`loss.added` must be one of .*did you mean `perceptual`"),
        ({"added": "jukebox", "added_weight": -1.0}, "`loss.added_weight` must be a number of at least 0"),
        (
            {"added": "perceptual", "perceptual_network": "alexnet"},
            "`loss.perceptual_network` must be one of .*did you mean `alex`",
        ),
        (
            {"added": "perceptual", "perceptual_network": "efficientnet_lite0", "spatial_dims": 3},
            "`spatial_dims` must be 2",
        ),
    ],
)
def test_unknown_names_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make_loss({"name": "l1_mean", **settings})


def test_weights_that_are_not_there_are_not_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    pytest.importorskip("lpips")
    with pytest.raises(FileNotFoundError, match=r"squeezenet1_1-b8a52dc0\.pth must lie in"):
        make_loss({"name": "l1_mean", "added": "perceptual"})


def test_odd_images_are_refused():
    pytest.importorskip("efficientnet_lite_pytorch")
    with pytest.raises(ValueError, match="multiples of 32, got shape"):
        perceptual_distance("efficientnet_lite0")(torch.zeros(1, 1, 40, 40), torch.zeros(1, 1, 40, 40))
