"""
The loop of MONAI's AutoencoderKL tutorial
==========================================

MONAI's tutorials train ``AutoencoderKL`` for latent diffusion with mean L1, a patch discriminator, a
perceptual network and a tiny weight of the KL divergence. This example runs that loop beside the same loop
with the Wiener loss: what must change, and what can go.

The perceptual term is left out of both, because its network has to be downloaded. Where you have it, its
weight changes as the discriminator's does below.
"""

# %% [markdown]
# Data: random patches of brain slices. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes;
# without it, five digital brains are made once.

# %%
import torch
from monai.losses import PatchAdversarialLoss
from monai.networks.nets import PatchDiscriminator
from picture import draw
from shared import Patches, command_line, evaluate, make_network

from monai_blurvae.functional import kl_divergence
from monai_blurvae.losses import WienerBlurLoss

arguments = command_line("autoencoder_kl_tutorial", steps=500).parse_args()
patches = Patches(arguments.data, arguments.steps)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
adversarial_loss = PatchAdversarialLoss(criterion="least_squares")


# %% [markdown]
# The tutorial's loop. As there, the discriminator joins after a warm-up, here the first third of the steps.
# Only sizes differ: a small network and discriminator, and a learning rate for a short run.


# %%
def train(pixel_loss, kl_weight, adversarial_weight=0.0):
    network = make_network().to(device)
    torch.manual_seed(0)  # the same discriminator, the same noise in the latent
    discriminator = PatchDiscriminator(2, channels=16, in_channels=1, num_layers_d=3).to(device)
    optimizer_g = torch.optim.Adam(network.parameters(), lr=1e-3)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=5e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer_g, arguments.steps)
    pixel_loss.to(device)
    for step, image in enumerate(patches):
        image = image.to(device)
        adversarial = adversarial_weight > 0 and step >= arguments.steps // 3
        with torch.autocast(device.type, torch.bfloat16):
            output = network(image)
        reconstruction, mu, sigma = (part.float() for part in output)
        kl = kl_divergence(mu, 2 * sigma.log()).mean()
        value = pixel_loss(reconstruction, image) + kl_weight * kl
        if adversarial:
            fooled = discriminator(reconstruction)[-1]
            value = value + adversarial_weight * adversarial_loss(fooled, True, for_discriminator=False)
        optimizer_g.zero_grad()
        value.backward()
        optimizer_g.step()
        schedule.step()
        if adversarial:
            fake = adversarial_loss(discriminator(reconstruction.detach())[-1], False, for_discriminator=True)
            real = adversarial_loss(discriminator(image)[-1], True, for_discriminator=True)
            optimizer_d.zero_grad()
            (0.5 * (fake + real)).backward()
            optimizer_d.step()
    return network


# %% [markdown]
# The tutorial's weights: 1e-6 for the KL divergence and 0.01 for the discriminator.

# %%
print("Mean L1 and a discriminator")
l1 = evaluate("L1 + discriminator", train(torch.nn.L1Loss(), 1e-6, 0.01), patches.test)

# %% [markdown]
# **What must change.** Mean L1 is an average over pixels; the Wiener loss is a sum over them, in nats. Its
# gradient is larger by about the number of pixels over the typical error: 64 x 64 / 0.1, or 40,000. The
# weight of the discriminator grows by that factor, from 0.01 to 400. The weight of the KL divergence
# becomes a plain number: 0.25, where 1 is the evidence lower bound.

# %%
print("Measured blur and a discriminator")
both = evaluate("measured + discriminator", train(WienerBlurLoss(blur="measured"), 0.25, 400), patches.test)

# %% [markdown]
# **What can go.** The discriminator, its optimiser, its warm-up and its weight: the loop without them comes
# out the same here. The weights of the Wiener loss already lie on the frequencies that are about to be
# lost.

# %%
print("Measured blur")
loss = WienerBlurLoss(blur="measured")
wiener = evaluate("measured blur only", train(loss, 0.25), patches.test)

# %% [markdown]
# The picture: images and their spectra, the part of each frequency that survives, and the weights. This is
# a short run. A discriminator needs a longer one to show what it adds, and more power at high frequencies
# is not yet detail: the resolved frequency, down to which reconstruction and image correlate by at least
# one half, tells the image's own detail from invented detail.

# %%
title = f"The tutorial's loop after {arguments.steps} steps"
draw(patches.test, [l1, both, wiener], loss, arguments.output, title)
