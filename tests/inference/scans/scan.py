"""K-space of small images with structure, and a solver that stands in for those with a prior."""

import torch

from monai_blurvae.mri import PosteriorSolver, Reconstruction, image_to_kspace, simulated_coil_maps

SIZE = (24, 20)


def phantom(size=SIZE):
    """A bright ellipse with a dark hole off its centre and a smooth phase, complex (1, 1, H, W)."""
    rows, columns = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in size), indexing="ij")
    magnitude = ((rows / 0.8) ** 2 + (columns / 0.7) ** 2 < 1).float()
    magnitude = magnitude - 0.6 * ((rows + 0.3) ** 2 + (columns - 0.2) ** 2 < 0.06).float()
    return (magnitude * torch.exp(1j * (rows - columns / 2)))[None, None].to(torch.complex64)


def coil_maps(coils=4, size=SIZE):
    return simulated_coil_maps(coils, size)


def kspace(coils=4, size=SIZE):
    """Fully sampled, (1, coils, H, W)."""
    return image_to_kspace(coil_maps(coils, size) * phantom(size))


class CornerSolver(PosteriorSolver):
    """Adds to the zero-filled image what depends on its axes: it knows images only one way up.

    Outside of a mask it adds nothing; the noise is the weight that it tells.

    Args:
        interrupt: the iteration at which it is interrupted.
        iterations: how many there are.
        prior: not used.
    """

    has_prior = True

    def __init__(self, interrupt=None, iterations=3, prior=None):
        self.interrupt = interrupt
        self.iterations = iterations

    def reconstruct(self, y, encoding, *, start=None, mask=None, noise_std=None, watch=None):
        image = encoding.adjoint(y) if start is None else start
        height, width = image.shape[-2:]
        ramp = torch.arange(height)[:, None] * torch.linspace(0, 1, width)
        ramp = ramp if mask is None else ramp * mask
        weight = None if noise_std is None else torch.tensor([noise_std])
        objective = []
        for iteration in range(self.iterations):
            if iteration == self.interrupt:
                return Reconstruction(image, "interrupted", objective, weight, mask=mask)
            image = image * (1 + ramp)
            objective.append(float(self.iterations - iteration))
            if watch is not None:
                watch(iteration, objective[-1], image)
        return Reconstruction(image, "converged", objective, weight, mask=mask)

    def posterior_samples(self, y, encoding, reconstruction, n, seed=0):
        generator = torch.Generator().manual_seed(seed)
        scale = torch.randn(n, 1, 1, 1, 1, generator=generator) * 0.1
        scale = scale if reconstruction.mask is None else scale * reconstruction.mask
        return reconstruction.image * (1 + scale)
