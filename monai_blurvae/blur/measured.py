"""The measured blur: the gain from image to reconstruction at each frequency, averaged over batches."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, distributed

from monai_blurvae.blur.base import BlurSource, Spectra, weight_of_the_unblurred
from monai_blurvae.checks import check_in, check_integer, check_sizes
from monai_blurvae.functional import (
    ImageSpectrum,
    KernelSpectrum,
    ring_basis,
    ring_gain,
    ring_sums,
    taper_spectrum,
)
from monai_blurvae.shapes import Code


class MeasuredBlur(BlurSource):
    """K = the modulation transfer function of the autoencoder, measured ring by ring while it trains.

    K_r = sum of Re(X_hat conj(X)) / sum of abs(X)^2 over the frequencies of ring r, the channels and the
    batches; older batches count less. Images are tapered first. It needs no network, no latent and no
    gradient: K is a buffer that follows training, as in batch normalisation. It is saved with the weights,
    and frozen in evaluation mode. The Wiener term is then a likelihood with a constant determinant.

    In training mode every batch is taken in after the loss used the previous K. Ranks share their sums.
    Batches that are not finite are left out on every rank. Until `start` batches were seen, K is 1: all
    frequencies have the same weight.

    Args:
        rings: number of rings from zero frequency to the corner of the spectrum, at least 3.
        decay: weight of earlier batches in the running sums, in [0, 1).
        start: number of batches before K is used, at least 1.
        spacing: pixel size in mm along every axis, for rings in cycles per mm where it differs between axes;
            None: rings in cycles per pixel.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
        >>> blur, x = MeasuredBlur(), torch.rand(4, 1, 32, 32)
        >>> blur.observe(Spectra.of(x, 0.5 * x), (32, 32))
        >>> blur.gain.unique()
        tensor([0.5000])
    """

    default_constant = 0.05

    numerator: Tensor
    denominator: Tensor
    batches: Tensor

    def __init__(
        self,
        rings: int = 32,
        decay: float = 0.98,
        start: int = 1,
        spacing: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        check_integer(3, rings=rings)
        check_in("[0, 1)", decay=decay)
        check_integer(1, start=start)
        if spacing is not None:
            check_sizes(spacing=spacing)
        self.rings = rings
        self.decay = decay
        self.start = start
        self.spacing = None if spacing is None else tuple(spacing)
        self.register_buffer("numerator", torch.zeros(rings))
        self.register_buffer("denominator", torch.zeros(rings))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))
        self._basis: dict[tuple[tuple[int, ...], torch.device], Tensor] = {}

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "MeasuredBlur":
        """Keep the running sums in float32 where a cast would halve the precision of the module."""
        before = [self.numerator, self.denominator]
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self.numerator.dtype in {torch.float16, torch.bfloat16}:
            self.numerator, self.denominator = (sums.to(self.numerator.device) for sums in before)
        return self

    @property
    def gain(self) -> Tensor:
        """K of each ring, (rings,), between 0 and 1."""
        gain = ring_gain(self.numerator, self.denominator)
        return torch.where(self.batches >= self.start, gain, torch.ones_like(gain))

    def transfer_function(self, size: Sequence[int], z: Code | None = None) -> KernelSpectrum:
        """See `BlurSource`."""
        del z
        basis = self._basis_of(size)
        with torch.autocast(basis.device.type, enabled=False):
            K = torch.tensordot(self.gain, basis, dims=1)[None]
        return torch.complex(K, torch.zeros_like(K))

    @torch.no_grad()
    def observe(self, spectra: Spectra, size: Sequence[int]) -> None:
        """Take in a batch.

        Args:
            spectra: transforms of images and reconstructions, (B, ch, *half) each.
            size: spatial size of the images in pixels.
        """
        both = torch.cat([S.detach() for S in spectra])  # one call: half the kernels to launch
        X, X_hat = self._tapered(both, size).chunk(2)
        sums = torch.stack(ring_sums(X, X_hat, self._basis_of(size).to(X.real.dtype), size))
        if distributed.is_available() and distributed.is_initialized():
            distributed.all_reduce(sums)
        finite = sums.isfinite().all()  # no `if`: that would wait for the GPU
        for name, new in zip(("numerator", "denominator"), sums, strict=True):
            old = self.get_buffer(name)
            old.copy_(torch.where(finite, self.decay * old + (1 - self.decay) * new.to(old.dtype), old))
        self.batches.add_(finite.long())

    def _tapered(self, spectra: ImageSpectrum, size: Sequence[int]) -> ImageSpectrum:
        return taper_spectrum(spectra, size[-1])

    def default_floor(self, C: float) -> float:
        """See `BlurSource`: the weight of a frequency that is not blurred."""
        return weight_of_the_unblurred(C)

    def _basis_of(self, size: Sequence[int]) -> Tensor:
        key = (tuple(size), self.numerator.device)
        if key not in self._basis:
            self._basis = {key: self._make_basis(size)}
        return self._basis[key].to(self.numerator.dtype)

    def _make_basis(self, size: Sequence[int]) -> Tensor:
        return ring_basis(size, self.rings, self.spacing, self.numerator.device)
