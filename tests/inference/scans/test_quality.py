import math

import pytest
import torch

from monai_blurvae.inference.scans.quality import quality
from monai_blurvae.mri import nrmse

X = torch.rand(1, 1, 24, 20, generator=torch.Generator().manual_seed(0)) + 0j


def test_scale_and_phase_do_not_count_and_psnr_follows_from_nrmse():
    noisy = X + 0.1 * torch.rand(X.shape, generator=torch.Generator().manual_seed(1))
    one, other = quality(noisy, X), quality(-5j * noisy, X)
    assert one == pytest.approx(other, rel=1e-4)
    assert one.nrmse == pytest.approx(nrmse(noisy, X).item())
    # PSNR measures the same squared error, by the signal's range
    rmse = one.nrmse / 100 * X.norm().item() / X.numel() ** 0.5
    assert one.psnr == pytest.approx(20 * math.log10(X.abs().max().item() / rmse), rel=1e-4)


def test_the_reference_itself_has_ssim_1_and_an_empty_image_an_error_of_all_its_norm():
    almost = X.clone()
    almost[0, 0, 0, 0] += 1e-3
    assert quality(almost, X).ssim == pytest.approx(1, abs=1e-4)
    assert quality(0 * X, X).nrmse == 100
    assert quality(X, X) == (0, math.inf, 1)


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="`x_hat` must have the shape of `x`"):
        quality(X[..., :-1], X)
