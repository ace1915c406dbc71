# Copyright (c) MONAI Consortium
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#     http://www.apache.org/licenses/LICENSE-2.0
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

# The formulas are those of the package monai-blurvae: `wiener_power`, `spectral_weighted_error`, `transfer_function`,
# `least_squares_kernel`, `optimal_scale` and `negative_log_likelihood` of monai_blurvae.functional, put together as in
# monai_blurvae.losses.WienerBlurLoss with the determinant omitted. Its tests compare the two.

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch.nn.modules.loss import _Loss

from monai.utils import LossReduction, ensure_tuple_rep

__all__ = ["WienerBlurLoss"]


class WienerBlurLoss(_Loss):
    """
    Squared error of a reconstruction, weighted in Fourier space by the Wiener filter of the reconstruction's blur.

    Autoencoders blur. A pixelwise loss hardly notices, because the frequencies that blur takes away hold little of an
    image's power. This loss gives an error a larger weight the more the blur ``K`` damps its frequency, until
    ``|K|^2 = wiener_constant``, where the filter gives up:

        - ``|w|^2 = max(|K|^2 / (|K|^2 + wiener_constant)^2, floor)``
        - ``q = sum(|w|^2 * |FFT(target - input)|^2) / N``, over all channels and frequencies, N pixels per channel
        - ``loss = D / 2 * log(2 * pi * s^2) + q / (2 * s^2)``, for each image, D values per image

    This is the negative log-likelihood of a Gaussian with mean `input`, whose precision matrix is circulant with
    eigenvalues ``|w|^2 / s^2``. Its determinant at ``s = 1`` is omitted. If `blur` is the same for all images, this
    omits a constant. No gradient flows through ``K`` or ``s``.

    The loss is summed over an image, in nats. In a variational autoencoder the KL divergence is to be summed over the
    latent as well, and its weight is a plain number near 1, not the 1e-6 that goes with a mean absolute error.

    It needs no second network and no pretrained weights, and works for 2D and 3D images of any number of channels.
    It is computed in float32, also under autocast (float64 stays float64).

    Based on:
        Bredell et al. "Explicitly Minimizing the Blur Error of Variational Autoencoders." ICLR 2023.
        https://arxiv.org/abs/2304.05939

    The optimal scale:
        Rybkin et al. "Simple and Effective VAE Training with Calibrated Decoders." ICML 2021.
        https://arxiv.org/abs/2006.13202

    Example:
        >>> import torch
        >>> from monai.losses import WienerBlurLoss
        >>> image = torch.rand(4, 1, 64, 64)
        >>> reconstruction = torch.nn.functional.avg_pool2d(image, 3, stride=1, padding=1)
        >>> loss = WienerBlurLoss()(reconstruction, image)
    """

    def __init__(
        self,
        blur: torch.Tensor | str = "least_squares",
        kernel_size: int | Sequence[int] = 11,
        wiener_constant: float = 0.025,
        floor: float | None = None,
        scale: float | None = None,
        reduction: LossReduction | str = LossReduction.MEAN,
    ) -> None:
        """
        Args:
            blur: the blur between `target` and `input`.

                - ``"least_squares"``: for each image, the kernel that turns `target` into `input` with the least
                  squared error away from the borders. It is one linear system with ``prod(kernel_size)`` unknowns per
                  image, hence for small kernels.
                - a real tensor: a kernel of odd sizes, of shape H[WD], or BH[WD] with one kernel per image, or
                  BNH[WD] with one kernel per channel. B and N may be 1.
                - a complex tensor: a transfer function as from ``torch.fft.rfftn`` (zero frequency first, last axis
                  halved), of the same shapes, where H[WD] is that of the image's ``rfftn``.
            kernel_size: size of the least-squares kernel in pixels, odd, one number or one per spatial dimension.
            wiener_constant: C, the noise-to-signal ratio of the Wiener filter, positive. The largest weight,
                ``1 / (4 * C)``, is at ``|K|^2 = C``.
            floor: the smallest weight, positive. Defaults to ``1 / (1 + C)^2``, the weight of frequencies which are
                not blurred.
            scale: s, the standard deviation of the errors, positive. Defaults to None: the best value for each batch,
                ``s^2 = mean(q) / D``. In distributed training every process then uses the value of its own batch.
            reduction: {``"none"``, ``"mean"``, ``"sum"``}
                Specifies the reduction to apply to the output, one value per image. Defaults to ``"mean"``.

                - ``"none"``: no reduction will be applied.
                - ``"mean"``: the sum of the output will be divided by the number of images in the batch.
                - ``"sum"``: the output will be summed.

        Raises:
            ValueError: When ``blur`` is a string other than "least_squares".
            ValueError: When ``kernel_size`` is not odd.
            ValueError: When ``wiener_constant``, ``floor`` or ``scale`` is not positive and finite.

        """
        super().__init__(reduction=LossReduction(reduction).value)
        if isinstance(blur, str) and blur != "least_squares":
            raise ValueError(f'blur must be a tensor or "least_squares", got {blur!r}.')
        sizes = (kernel_size,) if isinstance(kernel_size, int) else tuple(kernel_size)
        if any(size < 1 or size % 2 == 0 for size in sizes):
            raise ValueError(f"kernel_size must be odd, got {kernel_size}.")
        for name, value in {"wiener_constant": wiener_constant, "floor": floor, "scale": scale}.items():
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {value}.")
        self.kernel_size = kernel_size
        self.wiener_constant = wiener_constant
        self.floor = 1 / (1 + wiener_constant) ** 2 if floor is None else floor
        self.scale = scale
        # it moves with the module, but is configuration, not part of the state
        self.blur: torch.Tensor | None
        self.register_buffer("blur", blur if isinstance(blur, torch.Tensor) else None, persistent=False)

    def forward(self, input: torch.Tensor, target: torch.Tensor, blur: torch.Tensor | None = None) -> torch.Tensor:
        """
        Args:
            input: the reconstructions, the shape should be BNH[WD].
            target: the images, of the same shape.
            blur: if given, it is used for this batch instead of the `blur` of the constructor, e.g. kernels that a
                network predicts, or a transfer function that is measured during training.

        Raises:
            ValueError: When ``input`` and ``target`` have different shapes.
            ValueError: When ``input`` is not 3-d, 4-d or 5-d.
            ValueError: When the blur does not fit the images.

        """
        if target.shape != input.shape:
            raise ValueError(f"ground truth has different shape ({target.shape}) from input ({input.shape})")
        if input.ndim not in (3, 4, 5):
            raise ValueError(f"Expecting 3-d, 4-d or 5-d input, instead got input of shape {input.shape}")

        # FFTs are not available in half precision everywhere, and sums over an image would overflow
        dtype = torch.float64 if torch.float64 in (input.dtype, target.dtype) else torch.float32
        with torch.autocast(input.device.type, enabled=False):
            loss = self._per_image(input.to(dtype), target.to(dtype), self.blur if blur is None else blur)

        if self.reduction == LossReduction.MEAN.value:
            return loss.mean()
        if self.reduction == LossReduction.SUM.value:
            return loss.sum()
        return loss

    def _per_image(self, input: torch.Tensor, target: torch.Tensor, blur: torch.Tensor | None) -> torch.Tensor:
        size = target.shape[2:]
        with torch.no_grad():
            if blur is None:
                blur = self._least_squares_kernel(input, target)
            transfer = self._transfer_function(blur, target)
            power = transfer.real**2 + transfer.imag**2
            weights = (power / (power + self.wiener_constant) ** 2).clamp_min(self.floor)

            # the half spectrum stands for the full one: all but the self-conjugate planes count twice
            index = torch.arange(size[-1] // 2 + 1, device=target.device)
            weights = weights * torch.where((index == 0) | (2 * index == size[-1]), 1, 2)

        error = torch.fft.rfftn(target - input, dim=tuple(range(2, target.ndim)))
        q = (weights * (error.real**2 + error.imag**2)).flatten(1).sum(dim=1) / size.numel()

        dimensions = target[0].numel()
        if self.scale is None:
            variance = (q.detach().mean() / dimensions).clamp_min(1e-12)  # a perfect batch has no infinite likelihood
        else:
            variance = torch.as_tensor(self.scale**2, dtype=q.dtype, device=q.device)
        loss: torch.Tensor = dimensions / 2 * (2 * math.pi * variance).log() + q / (2 * variance)
        return loss

    @staticmethod
    def _transfer_function(blur: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """
        Bring a blur to the shape BNH[WD] of the images' half spectrum. Its B and N may be 1.
        """
        size = image.shape[2:]
        spatial_dims = len(size)
        shape = blur.shape[-spatial_dims:]
        if not spatial_dims <= blur.ndim <= spatial_dims + 2:
            raise ValueError(f"blur must have {spatial_dims} to {spatial_dims + 2} dimensions, got shape {blur.shape}.")
        if blur.ndim == spatial_dims + 1:
            blur = blur.unsqueeze(1)
        leading = (1,) * (spatial_dims + 2 - blur.ndim) + tuple(blur.shape[:-spatial_dims])
        if any(n not in (1, wanted) for n, wanted in zip(leading, image.shape)):
            raise ValueError(f"blur must fit images of shape {image.shape}, got shape {blur.shape}.")
        blur = blur.to(image.device).reshape(*leading, *shape)
        if blur.is_complex():
            if shape != (*size[:-1], size[-1] // 2 + 1):
                raise ValueError(f"blur must be a half spectrum of images of size {tuple(size)}, got {tuple(shape)}.")
            return blur.to(torch.complex128 if image.dtype == torch.float64 else torch.complex64)
        if any(k % 2 == 0 or k > n for k, n in zip(shape, size)):
            raise ValueError(f"blur must be a kernel of odd sizes of at most {tuple(size)}, got {tuple(shape)}.")
        # the center of the kernel goes to index 0, so that a delta kernel is the identity
        padding = [n for k, length in zip(shape[::-1], size[::-1]) for n in (0, length - k)]
        dims = tuple(range(2, 2 + spatial_dims))
        padded = F.pad(blur.to(image.dtype), padding).roll(tuple(-(k // 2) for k in shape), dims)
        transfer: torch.Tensor = torch.fft.rfftn(padded, dim=dims)
        return transfer

    def _least_squares_kernel(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """
        For each image, find the kernel k with the least ``||target * k - input||^2`` away from the borders.
        """
        size = target.shape[2:]
        kernel_size = ensure_tuple_rep(self.kernel_size, len(size))
        if any(k > n for k, n in zip(kernel_size, size)):
            raise ValueError(f"kernel_size must be at most the image size {tuple(size)}, got {kernel_size}.")
        # without the mean, the ridge does not bias the sum of the kernel
        mean = target.mean(dim=tuple(range(2, target.ndim)), keepdim=True)
        patches, values = target - mean, input - mean
        for axis, k in enumerate(kernel_size, start=2):
            patches = patches.unfold(axis, k, 1)
            values = values.narrow(axis, k // 2, values.shape[axis] - k + 1)
        patches = patches.reshape(len(target), -1, math.prod(kernel_size))
        gram = patches.mT @ patches
        diagonal = gram.diagonal(dim1=1, dim2=2)
        ridge = 1e-3 * diagonal.mean(dim=1).clamp_min(torch.finfo(target.dtype).tiny)
        diagonal.add_(ridge[:, None])
        correlation = torch.linalg.solve(gram, patches.mT @ values.reshape(len(target), -1, 1))
        # the solution correlates with the image, its mirror image convolves
        kernel: torch.Tensor = correlation.reshape(len(target), *kernel_size).flip(tuple(range(1, 1 + len(size))))
        return kernel
