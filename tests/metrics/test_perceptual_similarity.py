import pytest
import torch

from monai_blurvae.keys import Keys
from monai_blurvae.metrics import LPIPS, Unavailable, lpips


def squared_distance(a, b):
    """A stand-in for the network, with its shapes: (B, 3, H, W) twice to (B, 1, 1, 1)."""
    assert a.shape[1] == b.shape[1] == 3
    return (a - b).square().mean(dim=(1, 2, 3), keepdim=True)


def test_every_image_has_its_distance_and_the_measure_is_their_mean(output, measure):
    each = (output[Keys.IMAGE] - output[Keys.RECONSTRUCTION]).square().mean(dim=(1, 2, 3)).double()
    metric = LPIPS(squared_distance)
    assert measure(metric, output) == pytest.approx(each.mean().item(), rel=1e-5)
    assert metric.std == pytest.approx(each.std(correction=0).item(), rel=1e-4)


def test_the_network_is_taken_to_where_the_images_are(output, measure):
    class Distance(torch.nn.Module):
        def forward(self, a, b):
            return squared_distance(a, b)

    assert measure(LPIPS(Distance()), output) == measure(LPIPS(squared_distance), output)


@pytest.mark.parametrize(
    ("spatial_dims", "channels", "image_size", "reason"),
    [
        (3, 1, 64, "2D images only"),
        (2, 4, 64, "images of 1 or 3 channels only, these have 4"),
        (2, 1, 16, "images of at least 31 pixels only, these have 16"),
        (2, 3, 64, "weights alexnet-owt-7be5be79.pth not found"),
    ],
)
def test_without_weights_or_fit_images_there_is_a_reason_and_no_number(
    spatial_dims, channels, image_size, reason, monkeypatch, tmp_path
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    metric = lpips(spatial_dims, channels, image_size)
    assert isinstance(metric, Unavailable)
    assert reason in metric.compute().reason


@pytest.mark.parametrize(("size", "fits"), [(30, False), (31, True)])
def test_alexnet_sees_images_from_the_smallest_size_on(size, fits):
    from torchvision.models import alexnet

    with torch.random.fork_rng():
        features = alexnet(weights=None).features.eval()
    image = torch.zeros(1, 3, size, size)
    if fits:
        features[:12](image)  # up to the fifth activation, the last that LPIPS compares
    else:
        with pytest.raises(RuntimeError, match="too small"):
            features[:12](image)
