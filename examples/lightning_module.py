"""
The measured blur in a Lightning module
=======================================

The loss is a module with a state, the measured blur. As a submodule of a ``LightningModule`` it needs no
care: Lightning moves it to the device, saves it in checkpoints, freezes the measurement in validation, and
trains on several GPUs with one measurement that all processes share.

The same network is trained twice, with mean L1 and with the Wiener loss: same weights, same batches, same
noise, same number of steps. It needs Lightning: the extra ``examples``.
"""

# %% [markdown]
# Data: random patches of brain slices. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes;
# without it, five digital brains are made once.

# %%
import sys

import torch
from picture import draw
from shared import MeanL1, Patches, command_line, evaluate, make_network

from monai_blurvae.extras import from_extra
from monai_blurvae.losses import NegativeELBO, WienerBlurLoss

arguments = command_line("lightning_module", steps=600).parse_args()
try:
    L = from_extra("lightning", "examples")  # import lightning as L
except ImportError as error:
    print(f"Skipped: {error}")
    sys.exit()
patches = Patches(arguments.data, arguments.steps)


# %% [markdown]
# The module. Under ``precision="bf16-mixed"`` the whole step runs in autocast; the Wiener loss computes in
# float32 all the same.


# %%
class Autoencoder(L.LightningModule):
    def __init__(self, objective):
        super().__init__()
        self.network = make_network()
        self.objective = objective

    def training_step(self, batch, _):
        image = batch["image"]
        reconstruction, mu, sigma = (part.float() for part in self.network(image))
        return self.objective(reconstruction, image, mu, sigma=sigma)

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, arguments.steps)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def train(objective):
    module = Autoencoder(objective)
    trainer = L.Trainer(
        max_steps=arguments.steps,
        precision="bf16-mixed",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    torch.manual_seed(0)  # the same noise in the latent
    trainer.fit(module, patches.loader())
    return module.network


# %% [markdown]
# The baseline, as in MONAI's tutorials: mean L1 and 1e-6 of the KL divergence.

# %%
l1 = evaluate("mean L1", train(MeanL1()), patches.test)

# %% [markdown]
# The Wiener loss. Its values are nats per image, as those of the KL divergence are, so that ``beta`` is a
# plain number: 1 is the evidence lower bound; less keeps more detail in the latent.

# %%
loss = WienerBlurLoss(blur="measured")
wiener = evaluate("measured blur", train(NegativeELBO(loss, beta=0.25)), patches.test)

# %% [markdown]
# The picture: images and their spectra, the part of each frequency that survives the autoencoder, and the
# weights that follow from it.

# %%
title = f"Lightning: the same network after {arguments.steps} steps"
draw(patches.test, [l1, wiener], loss, arguments.output, title)
