import pytest
import torch

from monai_blurvae.mri import signal_scale


def test_it_is_the_percentile_of_the_pixels_with_signal():
    x = torch.zeros(1, 1, 20, 30)
    x.view(-1)[100:301] = torch.arange(100, 301).float()  # 201 pixels, one apart: 99.5 % lie at or below 299
    torch.testing.assert_close(signal_scale(x).item(), 299.0)


def test_it_follows_the_units_of_each_image_alone():
    x = torch.randn(1, 1, 8, 8, dtype=torch.complex64)
    both = signal_scale(torch.cat([x, 1000 * x]))
    torch.testing.assert_close(both, signal_scale(x) * torch.tensor([1.0, 1000.0]).reshape(2, 1, 1, 1))


def test_the_field_of_view_has_no_influence():
    x = torch.rand(1, 1, 8, 8)
    assert torch.equal(signal_scale(torch.nn.functional.pad(x, (20, 20, 20, 20))), signal_scale(x))


def test_an_empty_image_is_refused():
    with pytest.raises(ValueError, match="`x` must hold signal, got 1 of 2 images all zero"):
        signal_scale(torch.stack([torch.ones(1, 4, 4), torch.zeros(1, 4, 4)]))
