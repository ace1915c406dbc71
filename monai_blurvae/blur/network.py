"""The paper's blur: a kernel that a small network predicts from the latent, trained in alternation."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from monai_blurvae.blur.base import BlurSource, Spectra, weight_of_the_unblurred
from monai_blurvae.functional import (
    KernelSpectrum,
    spectral_blur_error,
    transfer_function,
    valid_blur_error,
)
from monai_blurvae.shapes import Code, Image, Kernel, PerImage

FITS = ("valid", "circular")
"""Where the kernel is fitted: off the borders, or over the whole image (the paper)."""


class NetworkBlur(BlurSource):
    """K = F(G(z)), equation 10, with the kernel network G trained by equation 12.

    The model owns the kernel network (`with_kernel_net`, `BlurVAE`) and saves its weights; this source only
    calls it. A model that is given a loss with an unbound source binds its own kernel network to it.

    Args:
        kernel_net: G, latents (B, *latent) to kernels (B, *kernel); None: bound later.
        fit: "valid" fits the kernel off the borders, where patches are not periodic; "circular" over the
            whole image, as printed. It also decides the default floor (`default_floor`).
        attach: whether the gradient of K flows through z into the encoder; never into G.

    Raises:
        ValueError: If `fit` is unknown.

    References:
        Bredell et al., Explicitly Minimizing the Blur Error of VAEs, ICLR 2023, section 4.2.
    """

    needs_latent = True
    needs_warmup = True

    def __init__(self, kernel_net: nn.Module | None = None, fit: str = "valid", attach: bool = False) -> None:
        super().__init__()
        if fit not in FITS:
            raise ValueError(f'`kernel_fit` must be "valid" or "circular", got {fit!r}')
        self.fit = fit
        self.attach = attach
        self._bound: tuple[nn.Module, ...] = ()  # in a tuple: torch must not count it as a part of the loss
        if kernel_net is not None:
            self.bind(kernel_net)

    def bind(self, kernel_net: nn.Module) -> None:
        """Take a model's kernel network.

        Args:
            kernel_net: G.
        """
        self._bound = (kernel_net,)

    @property
    def kernel_net(self) -> nn.Module:
        """G.

        Raises:
            ValueError: If no model has bound one.
        """
        if not self._bound:
            raise ValueError(
                "`blur` must have a kernel network, got none: give the loss to a model that has one "
                "(`with_kernel_net`), or call `bind`"
            )
        return self._bound[0]

    def transfer_function(self, size: Sequence[int], z: Code | None = None) -> KernelSpectrum:
        """See `BlurSource`."""
        return transfer_function(self._frozen_kernel(self._given(z)), size)

    def with_step(
        self, x: Image, x_hat: Image, z: Code | None, spectra: Spectra
    ) -> tuple[KernelSpectrum, PerImage, Kernel]:
        """Give K, the blur error || x (*) k - x_hat ||^2 of equation 12, and the kernels, from one kernel.

        z and x_hat are detached for the blur error: its gradient reaches only G. K has a gradient only
        through z, and only with `attach`.

        Returns:
            K, (B, *half); the blur errors, (B,); the kernels, (B, *kernel), detached.
        """
        z, size = self._given(z), x.shape[2:]
        with torch.autocast(z.device.type, enabled=False):
            kernel: Tensor = self.kernel_net(z.detach())
        K = transfer_function(kernel, size)
        if self.fit == "circular":
            error = spectral_blur_error(spectra.X, spectra.X_hat.detach(), K, size)
        else:
            error = valid_blur_error(spectra.X, x_hat.detach(), K, kernel.shape[1:])
        K = transfer_function(self._frozen_kernel(z), size) if self.attach else K.detach()
        return K, error, kernel.detach()

    def default_floor(self, C: float) -> float:
        """See `BlurSource`: with the fit "valid", the weight of a frequency that is not blurred."""
        return weight_of_the_unblurred(C) if self.fit == "valid" else super().default_floor(C)

    def _frozen_kernel(self, z: Tensor) -> Tensor:
        """G(z) with a gradient through z if attached, and never to G's parameters."""
        net = self.kernel_net
        with torch.autocast(z.device.type, enabled=False):
            if not self.attach:
                with torch.no_grad():
                    kernel: Tensor = net(z)
                return kernel
            fixed = {name: parameter.detach() for name, parameter in net.named_parameters()}
            attached: Tensor = functional_call(net, fixed, (z,))
        return attached

    def _given(self, z: Tensor | None) -> Tensor:
        if z is None:
            raise ValueError('`z` must be given with the blur "network", got None')
        return z
