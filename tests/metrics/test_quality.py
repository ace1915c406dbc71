import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from monai_blurvae.keys import Keys
from monai_blurvae.metrics import LPIPS, Unavailable, lpips, psnr, ssim


def pairs(output):
    images, reconstructions = (
        (output[key][:, 0].numpy() + 1) / 2 for key in (Keys.IMAGE, Keys.RECONSTRUCTION)
    )
    return list(zip(images, reconstructions, strict=True))


def test_psnr_is_the_mean_over_images_of_scikit_images(output, measure):
    expected = np.mean([peak_signal_noise_ratio(x, x_hat, data_range=1.0) for x, x_hat in pairs(output)])
    assert measure(psnr(), output) == pytest.approx(expected, rel=1e-5)


def test_a_difference_of_a_tenth_of_the_range_has_20_db(measure):
    image = torch.zeros(2, 1, 16, 16)  # 0.2 of [-1, 1] is 0.1 of [0, 1]: -10 log10(0.01) = 20
    assert measure(psnr(), {Keys.IMAGE: image, Keys.RECONSTRUCTION: image + 0.2}) == pytest.approx(
        20.0, rel=1e-5
    )


def test_ssim_is_the_mean_over_images_of_scikit_images_with_gaussian_windows(output, measure):
    settings = {"data_range": 1.0, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = np.mean([structural_similarity(x, x_hat, **settings) for x, x_hat in pairs(output)])
    assert measure(ssim(), output) == pytest.approx(expected, rel=1e-4)


def test_ssim_of_volumes_is_one_where_they_agree(measure):
    volume = torch.rand(1, 1, 16, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    value = measure(ssim(spatial_dims=3), {Keys.IMAGE: volume, Keys.RECONSTRUCTION: volume})
    assert value == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("make", [psnr, ssim])
def test_quality_does_not_depend_on_the_batches(output, measure, make):
    singles = [{key: value[i : i + 1] for key, value in output.items()} for i in range(8)]
    assert measure(make(), *singles) == pytest.approx(measure(make(), output), rel=1e-5)


def test_another_key_is_measured_where_it_is_asked_for(output, measure):
    assert measure(psnr(Keys.SAMPLED), output) == pytest.approx(
        measure(psnr(), {**output, Keys.RECONSTRUCTION: output[Keys.SAMPLED]})
    )


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
