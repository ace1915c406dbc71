"""Random weights in the files that other people's networks are released in: right names, right shapes."""

from pathlib import Path

import torch

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of VGG16's convolutions; a pooling after each group."""


def write_vgg(path: Path) -> None:
    """torchvision's vgg16-397923af.pth without its classifier, which nothing here needs."""
    generator = torch.Generator().manual_seed(0)
    state, layer, before = {}, 0, 3
    for group in VGG16:
        for channels in group:
            scale = (2 / (9 * before)) ** 0.5
            weight = torch.randn(channels, before, 3, 3, generator=generator) * scale
            state[f"features.{layer}.weight"] = weight
            state[f"features.{layer}.bias"] = 0.1 * torch.randn(channels, generator=generator)
            layer, before = layer + 2, channels
        layer += 1
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path)


def write_watson(path: Path, channels: int) -> None:
    """gray_watson_fft_trial0.pth or rgb_watson_fft_trial0.pth."""
    generator = torch.Generator().manual_seed(channels)
    state = {}
    for prefix in ("",) if channels == 1 else ("ly.", "lcb.", "lcr."):
        state |= {
            f"{prefix}blocksize": torch.tensor(8),
            f"{prefix}t_tild": torch.randn(8, 5, generator=generator),
            f"{prefix}alpha": torch.tensor(0.3),
            f"{prefix}w_tild": torch.tensor(-1.2),
            f"{prefix}beta": torch.tensor(0.8),
            f"{prefix}w_phase_tild": torch.randn(8, 5, generator=generator) - 2,
        }
    if channels == 3:
        state["w_tild"] = torch.tensor([0.4, -0.2, 0.1])
    torch.save(state, path)
