"""A rectified flow: a network that moves noise to latents along straight lines."""

import torch
from monai.networks.nets import DiffusionModelUNet
from torch import Tensor, nn

from monai_blurvae.priors import Posteriors

CHANNELS = (32, 64)
"""Features of the network's two levels; the second has attention."""
LEARNING_RATE = 1e-3
"""Of Adam; it falls to 0 along half a cosine."""
EMBEDDED = 1000
"""The network embeds times from 0 to this."""
HEUN_STEPS = 25
"""Two evaluations of the network each."""


class Flow(nn.Module):
    """The velocity v(x, t) that takes noise x_0 at t = 0 to standardised latents x_1 at t = 1.

    On x_t = (1 - t) x_0 + t x_1 the network learns x_1 - x_0. Latents are standardised per channel.

    Args:
        latents: latents that give the mean and standard deviation of each channel, (n, ch, *size).

    References:
        Liu, Gong, Liu, Flow Straight and Fast: Learning to Generate and Transfer Data with Rectified Flow,
        ICLR 2023.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, latents: Tensor) -> None:
        super().__init__()
        axes = [0, *range(2, latents.ndim)]
        self.register_buffer("mean", latents.mean(dim=axes, keepdim=True))
        self.register_buffer("std", latents.std(dim=axes, keepdim=True))
        channels = latents.shape[1]
        self.network = DiffusionModelUNet(
            spatial_dims=latents.ndim - 2,
            in_channels=channels,
            out_channels=channels,
            num_res_blocks=1,
            channels=CHANNELS,
            attention_levels=(False, True),
            norm_num_groups=8,
            num_head_channels=32,
        )

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Give the velocity at x, (B, ch, *size), and the times t in [0, 1], (B,)."""
        velocity: Tensor = self.network(x, EMBEDDED * t)
        return velocity

    def loss(self, latents: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """Mean squared error of the velocity on the lines from noise to latents, at the times t, (B,)."""
        end = (latents - self.mean) / self.std
        along = t.view(-1, *[1] * (noise.ndim - 1))
        error: Tensor = self(noise + along * (end - noise), t) - (end - noise)
        return error.square().mean()

    @torch.no_grad()
    def sample(self, noise: Tensor) -> Tensor:
        """Move noise, (B, ch, *size), to latents by Heun's method."""
        x, step = noise, 1 / HEUN_STEPS
        for index in range(HEUN_STEPS):
            t = x.new_full((len(x),), index * step)
            before = self(x, t)
            after = self(x + step * before, t + step)
            x = x + step * (before + after) / 2
        return self.mean + self.std * x


def fit_flow(posteriors: Posteriors, steps: int, batch_size: int, seed: int) -> tuple[Flow, float]:
    """Train a flow on draws from posteriors; also give its mean loss over the last tenth of the steps."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)  # the network's initialisation
        flow = Flow(posteriors.draw(generator).cpu()).to(posteriors.mu.device)
    optimizer = torch.optim.Adam(flow.parameters(), LEARNING_RATE)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    last = []
    for step in range(steps):
        index = torch.randint(len(posteriors.mu), (batch_size,), generator=generator)
        latents = posteriors.draw(generator, index.to(posteriors.mu.device))
        noise = torch.randn(latents.shape, generator=generator).to(latents)  # the same on every device
        t = torch.rand(batch_size, generator=generator).to(noise.device)
        loss = flow.loss(latents, noise, t)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        decay.step()
        if step >= steps - max(1, steps // 10):
            last.append(loss.detach())
    return flow.eval(), torch.stack(last).mean().item()
