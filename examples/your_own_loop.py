"""
The measured blur in your own training loop
===========================================

Autoencoders blur: fine detail costs many bits and little squared or absolute error, so training leaves it
out. The Wiener loss measures that blur while the network trains, frequency by frequency, and weighs errors
most where detail is about to be lost.

This example trains MONAI's ``AutoencoderKL`` twice in a plain PyTorch loop: with the mean L1 of MONAI's
tutorials, and with the Wiener loss. Weights, batches, noise and number of steps are the same. No second
network is trained, nothing is downloaded. These are short runs: with longer training the lead in PSNR
shrinks.
"""

# %% [markdown]
# Data: random patches of brain slices. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes;
# without it, five digital brains are made once. ``--spatial_dims 3`` trains on 3D patches, with the same
# loss.

# %%
import torch
from picture import draw
from shared import MeanL1, Patches, command_line, evaluate, make_network

from monai_blurvae.losses import NegativeELBO, WienerBlurLoss

parser = command_line("your_own_loop", steps=600)
parser.add_argument("--spatial_dims", type=int, choices=(2, 3), default=2, help="2 for slices, 3 for volumes")
arguments = parser.parse_args()
patches = Patches(arguments.data, arguments.steps, arguments.spatial_dims)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


# %% [markdown]
# The loop is an ordinary one. The network runs in bfloat16 autocast. Losses are computed in float32.


# %%
def train(objective):
    network = make_network(arguments.spatial_dims).to(device)
    objective.to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, arguments.steps)
    torch.manual_seed(0)  # the same noise in the latent
    for image in patches:
        image = image.to(device)
        with torch.autocast(device.type, torch.bfloat16):
            output = network(image)
        reconstruction, mu, sigma = (part.float() for part in output)
        optimizer.zero_grad()
        objective(reconstruction, image, mu, sigma=sigma).backward()
        optimizer.step()
        schedule.step()
    return network


# %% [markdown]
# The baseline, as in MONAI's tutorials: the absolute error, averaged over pixels, and 1e-6 of the KL
# divergence.

# %%
print("Mean L1")
l1 = evaluate("mean L1", train(MeanL1()), patches.test)

# %% [markdown]
# The Wiener loss, in three lines: two here, and the call in the loop. It is a sum over the pixels of an
# image, in nats, as the KL divergence is. So the weight of the latter is a plain number: 1 is the evidence
# lower bound; less keeps more detail in the latent.

# %%
print("Measured blur")
loss = WienerBlurLoss(blur="measured")
objective = NegativeELBO(loss, beta=0.25)
wiener = evaluate("measured blur", train(objective), patches.test)

# %% [markdown]
# The loss has a state: the blur, measured batch by batch. Three things follow.
#
# * Call ``loss.eval()`` for validation, so that the blur is not measured there, and ``loss.train()`` after
#   it.
# * Save ``loss.state_dict()`` with the network's, to go on from a checkpoint.
# * With several GPUs, wrap only the network in ``DistributedDataParallel``. The loss stays as it is; every
#   process must call it. The processes share one measurement and one scale.
#
# The picture: at the right, which part of each frequency survives the autoencoder, and the weights that
# follow from it. They are largest where the square of the transfer function equals C, at the edge of what
# the network can resolve; this edge moves outwards while it trains.

# %%
title = f"The same {arguments.spatial_dims}D network after {arguments.steps} steps"
draw(patches.test, [l1, wiener], loss, arguments.output, title)
