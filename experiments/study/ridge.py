"""A weakly convex ridge regulariser, trained as a denoiser of few gradient steps.

Goujon, Neumayer, Unser, Learning weakly convex regularizers for convergent image-reconstruction algorithms,
SIAM Journal on Imaging Sciences 17, 2024. deepinv 0.5 has none.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, softplus

FILTERS, WIDTH = 32, 7
"""Number of filters w and their sides in pixels."""
UNROLLED = 10
"""Gradient steps of the denoiser that is trained."""
NOISE = (0.02, 0.1)
"""Standard deviations sigma of the training noise, in the network's units, log-uniform."""
SIDE, BATCH, TRAINING_STEPS, LEARNING_RATE = 32, 16, 600, 5e-3


class Ridge(nn.Module):
    """R(v) = sum over filters and pixels of k (huber(w * v, near) - huber(w * v, far)), in nats.

    The slope of `huber` is u / d up to d and 1 beyond, so R does not grow beyond `far`: edges are kept. The
    filters have mean zero and, together, norm 1. Filters do not reach over the image's border.
    """

    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Parameter(torch.randn(FILTERS, 1, WIDTH, WIDTH))
        self.log_k, self.log_near, self.log_ratio = (
            nn.Parameter(torch.full((FILTERS, 1, 1), value)) for value in (1.6, -4.6, 2.0)
        )

    def minimise(
        self, data: Callable[[Tensor], Tensor], start: Tensor, weight: float | Tensor, steps: int
    ) -> Tensor:
        """Minimise a data term of curvature at most 1, given its gradient, plus weight R.

        Nesterov's accelerated gradient steps from `start`, real (B, 1, H, W).
        """
        filters = self.filters - self.filters.mean(dim=(2, 3), keepdim=True)
        spectrum = torch.fft.rfft2(filters, s=(SIDE, SIDE)).abs().square()
        filters = filters / spectrum.sum(dim=0).max().sqrt()
        k, near = self.log_k.exp(), self.log_near.exp()
        far = near * (1 + softplus(self.log_ratio))
        step = 1 / (1 + weight * (k / near).max())

        def gradient(v: Tensor) -> Tensor:
            u = conv2d(v, filters)
            return conv_transpose2d(k * ((u / near).clamp(-1, 1) - (u / far).clamp(-1, 1)), filters)

        v = point = start
        for index in range(steps):
            new = point - step * (data(point) + weight * gradient(point))
            point = new + index / (index + 3) * (new - v)
            v = new
        return v


def _difference(noisy: Tensor, v: Tensor) -> Tensor:
    return v - noisy


def train_ridge(patches: Callable[[int, int, int], Iterator[Tensor]]) -> dict[str, Tensor]:
    """Train on patches in white noise: v minimises 1/2 |v - noisy|^2 + sigma^2 R(v), whatever sigma is."""
    torch.manual_seed(0)
    ridge = Ridge()
    optimiser = torch.optim.Adam(ridge.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, TRAINING_STEPS)
    low, high = torch.tensor(NOISE).log()
    after = 0.0
    for step, clean in enumerate(patches(SIDE, BATCH, TRAINING_STEPS), 1):
        sigma = (low + (high - low) * torch.rand(len(clean), 1, 1, 1)).exp()
        noisy = clean + sigma * torch.randn_like(clean)
        denoised = ridge.minimise(partial(_difference, noisy), noisy, sigma.square(), UNROLLED)
        loss = ((denoised - clean) / sigma).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        after += loss.item() / 100
        if step % 100 == 0:
            sys.stdout.write(f"step {step}: {after:.3f} of the noise's power is left\n")
            sys.stdout.flush()
            after = 0.0
    return ridge.state_dict()
