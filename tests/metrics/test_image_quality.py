import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from monai_blurvae.keys import Keys
from monai_blurvae.metrics import psnr, ssim


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
