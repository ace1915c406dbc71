"""Watson: the perceptual distance of Czolbe et al., with weights that they fitted to human judgement."""

from pathlib import Path

import torch
from torch import Tensor, nn

from monai_blurvae.functional import WatsonWeights, at_least_float32, luma_chroma, watson_distance
from monai_blurvae.losses.base import ReconstructionLoss, check_same_shape
from monai_blurvae.losses.watson_file import read_watson_weights
from monai_blurvae.shapes import Code, Image, PerImage

SHIFT = 4
"""Largest shift of the grid of blocks, in pixels, in either direction."""


class WatsonLoss(ReconstructionLoss):
    """Watson's perceptual distance in Fourier space (Watson-DFT), of grey or of RGB images on [0, 1].

    RGB images are compared as luma and chroma, each with its own weights. While training, the grid of
    8 x 8 blocks is moved at random (torch's generator) at every call, images padded by their border: a fixed
    grid would leave traces in what a network learns. In eval mode the grid stays. The distance has no
    density, so there are no bits per dimension.

    The value is the authors' distance, which is already a sum over blocks and frequencies. The exponents of
    their files (about 0.6) make it grow faster than the number of pixels: tune beta for every image size.

    Args:
        watson_weights: the authors' weight file, gray_watson_fft_trial0.pth for one channel or
            rgb_watson_fft_trial0.pth for three, from SteffenCzolbe/PerceptualSimilarity, src/loss/weights.
        shift: whether the grid moves while training.
        channels: channels of the images, which the file must be for; None: as in the file.
        spatial_dims: spatial axes of the images, which must be 2.
        reduction: "mean" or "sum" over the images of a batch, or "none".

    Raises:
        ValueError: If `watson_weights` is None, is not such a file, or is for other channels or axes.
        FileNotFoundError: If there is no such file.

    Attributes:
        channels: 1 or 3, what the file is for.

    References:
        Czolbe, Krause, Cox, Igel, A Loss Function for Generative Neural Networks Based on Watson's Perceptual
        Model, NeurIPS 2020.
    """

    def __init__(
        self,
        watson_weights: str | Path | None,
        shift: bool = True,
        channels: int | None = None,
        spatial_dims: int = 2,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        if spatial_dims != 2:
            raise ValueError(f"`spatial_dims` must be 2 for Watson's distance, got {spatial_dims}")
        self.shift = shift
        planes, mixture = read_watson_weights(watson_weights)
        self.channels = len(planes)
        if channels is not None and channels != self.channels:
            raise ValueError(
                f"`watson_weights` must be for images of {channels} channel(s), "
                f"got {watson_weights}, for {self.channels}"
            )
        for index, weights in enumerate(planes):
            for name, value in weights._asdict().items():
                self.register_buffer(f"{name}_{index}", value, persistent=False)
        self.mixture: Tensor
        self.register_buffer("mixture", mixture, persistent=False)

    def per_image(self, input: Image, target: Image, z: Code | None = None) -> PerImage:
        """Compare reconstructions with images.

        Args:
            input: reconstructions, (B, ch, height, width) in [-1, 1], sizes that 8 divides.
            target: images, (B, ch, height, width) in [-1, 1].
            z: ignored.

        Returns:
            Distances, (B,).

        Raises:
            ValueError: If the images have other channels than the weight file, or other axes than two.
        """
        del z
        check_same_shape(input, target)
        if target.ndim != 4 or target.shape[1] != self.channels:
            raise ValueError(
                f"`target` must be 2D images of {self.channels} channels, as `watson_weights` is for, "
                f"got shape {tuple(target.shape)}"
            )
        pair = torch.cat([(at_least_float32(input) + 1) / 2, (at_least_float32(target) + 1) / 2])
        if self.shift and self.training:
            down, right = torch.randint(2 * SHIFT, (2,)).tolist()
            height, width = pair.shape[2:]
            pair = nn.functional.pad(pair, [SHIFT] * 4, mode="replicate")
            pair = pair[:, :, down : down + height, right : right + width]
        if self.channels == 3:
            pair = luma_chroma(pair)
        half = len(target)
        distances = [
            watson_distance(pair[:half, index], pair[half:, index], self._weights(index, pair.dtype))
            for index in range(self.channels)
        ]
        return (self.mixture.to(pair.dtype)[:, None] * torch.stack(distances)).sum(dim=0)

    def _weights(self, index: int, dtype: torch.dtype) -> WatsonWeights:
        """Collect the weights of a plane."""
        return WatsonWeights(
            *(self.get_buffer(f"{name}_{index}").to(dtype) for name in WatsonWeights._fields)
        )
