import pytest
import torch

from monai_blurvae.mri import nrmse


def test_scale_and_phase_do_not_count():
    x = torch.rand(2, 1, 4, 4) + 0.1
    torch.testing.assert_close(
        nrmse(x * 3 * torch.exp(1j * torch.rand(2, 1, 4, 4)), x), torch.zeros(2), atol=1e-3, rtol=0
    )


def test_images_that_share_no_pixel_have_an_error_of_100_sqrt_2_percent():
    x = torch.eye(4).reshape(4, 1, 2, 2)
    torch.testing.assert_close(nrmse(x, x.flip(0)), torch.full((4,), 100 * 2**0.5))


def test_the_error_of_images_at_an_angle_is_the_chord_between_them():
    angle = torch.tensor(0.3)
    x = torch.tensor([[1.0, 0.0]])
    x_hat = 5 * torch.stack([angle.cos(), angle.sin()])[None]
    torch.testing.assert_close(nrmse(x_hat, x), (200 * (angle / 2).sin())[None])


def test_an_empty_reconstruction_is_wrong_by_all_of_the_signal():
    torch.testing.assert_close(nrmse(torch.zeros(1, 4), torch.ones(1, 4)), torch.tensor([100.0]))


def test_an_empty_reference_is_refused():
    with pytest.raises(ValueError, match="`x` must hold signal, got 1 of 2 images all zero"):
        nrmse(torch.ones(2, 4), torch.tensor([[0.0] * 4, [1.0] * 4]))


def test_images_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="`x_hat` must have the shape of `x`"):
        nrmse(torch.ones(2, 4), torch.ones(2, 3))
