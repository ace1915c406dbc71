"""Reconstructions without a prior, called as those with one are."""

from collections.abc import Callable

import torch
from torch import Tensor

from monai_blurvae.mri import CartesianEncoding
from monai_blurvae.mri.reconstruction import Reconstruction, Watch


class ClassicalSolver:
    """Make a solver of a function of k-space, encoding and settings.

    Args:
        function: such as `total_variation`.
        settings: its keyword arguments.
    """

    def __init__(self, function: Callable[..., Tensor], **settings: float) -> None:
        self.function = function
        self.settings = settings

    def reconstruct(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        start: Tensor | None = None,  # noqa: ARG002
        watch: Watch | None = None,  # noqa: ARG002
    ) -> Reconstruction:
        """Reconstruct images.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            start: not used, every function starts on its own.
            watch: not called, no function tells of its iterations.

        Returns:
            The reconstruction, without objective or latents.
        """
        image = self.function(y, encoding, **self.settings)
        weight = self.settings.get("weight")
        weights = None if weight is None else torch.full(image.shape[:1], weight)
        return Reconstruction(image, [], None, "iterations", weights)
