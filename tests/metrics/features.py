"""A feature extractor small enough to compare with a closed form."""

import torch
from torch import nn


class QuarterMeans(nn.Module):
    """The means of an image's four quarters: features (B, 4) of uint8 images (B, 3, H, W)."""

    num_features = 4

    def forward(self, images):
        assert images.dtype == torch.uint8
        assert images.shape[1] == 3
        return nn.functional.adaptive_avg_pool2d(images.double(), 2).mean(dim=1).flatten(1)
