"""
The measured blur in MONAI's SupervisedTrainer
==============================================

``SupervisedTrainer`` calls ``loss_function(prediction, label)``. For an autoencoder the label is the image
itself, and the prediction is what ``AutoencoderKL`` returns: reconstruction, mu and sigma. So the Wiener
loss goes in as any other loss does.

The same network is trained twice, with mean L1 and with the Wiener loss: same weights, same batches, same
noise, same number of steps.
"""

# %% [markdown]
# Data: random patches of brain slices. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes;
# without it, five digital brains are made once.

# %%
import torch
from monai.engines import SupervisedTrainer
from monai.handlers import LrScheduleHandler
from monai.inferers import SimpleInferer
from picture import draw
from shared import MeanL1, Patches, command_line, evaluate, make_network

from monai_blurvae.losses import NegativeELBO, WienerBlurLoss

arguments = command_line("monai_supervised_trainer", steps=600).parse_args()
patches = Patches(arguments.data, arguments.steps)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


# %% [markdown]
# Three small parts make an autoencoder's trainer. The image is its own label. The network runs in bfloat16
# autocast, which ``SupervisedTrainer(amp=True)`` offers on GPUs only. The loss takes the parts of the
# output.


# %%
def image_twice(batch, device, non_blocking, **_):
    image = batch["image"].to(device, non_blocking=non_blocking)
    return image, image


class AutocastInferer(SimpleInferer):
    def __call__(self, inputs, network, *args, **kwargs):
        with torch.autocast(inputs.device.type, torch.bfloat16):
            return super().__call__(inputs, network, *args, **kwargs)


def train(objective):
    def loss_function(output, image):
        reconstruction, mu, sigma = (part.float() for part in output)
        return objective(reconstruction, image, mu, sigma=sigma)

    network = make_network().to(device)
    objective.to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, arguments.steps)
    trainer = SupervisedTrainer(
        device=device,
        max_epochs=1,
        train_data_loader=patches.loader(),
        network=network,
        optimizer=optimizer,
        loss_function=loss_function,
        prepare_batch=image_twice,
        inferer=AutocastInferer(),
        decollate=False,
        train_handlers=[LrScheduleHandler(schedule, print_lr=False, epoch_level=False)],
    )
    torch.manual_seed(0)  # the same noise in the latent
    trainer.run()
    return network


# %% [markdown]
# The baseline, as in MONAI's tutorials: mean L1 and 1e-6 of the KL divergence.

# %%
l1 = evaluate("mean L1", train(MeanL1()), patches.test)

# %% [markdown]
# The Wiener loss. Its values are nats per image, as those of the KL divergence are, so that ``beta`` is a
# plain number. In a real run, give ``loss`` to MONAI's ``CheckpointSaver`` beside the network: the measured
# blur is part of its state. Call ``loss.eval()`` where a validation computes the loss.

# %%
loss = WienerBlurLoss(blur="measured")
wiener = evaluate("measured blur", train(NegativeELBO(loss, beta=0.25)), patches.test)

# %% [markdown]
# The picture: images and their spectra, the part of each frequency that survives the autoencoder, and the
# weights that follow from it.

# %%
title = f"SupervisedTrainer: the same network after {arguments.steps} steps"
draw(patches.test, [l1, wiener], loss, arguments.output, title)
