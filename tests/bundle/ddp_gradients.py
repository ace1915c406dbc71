"""Run by torchrun: the gradients of two ranks averaged, and those of one process on the same global batch."""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from monai_blurvae.data import PatchDataset, make_patch_loader
from monai_blurvae.keys import Keys
from monai_blurvae.losses import L2Loss, WienerBlurLoss
from monai_blurvae.networks import TrainingPass
from monai_blurvae.training import Objective
from tests.training.conftest import LATENT, SIZE, build_network

LOSSES = {"omit": WienerBlurLoss(), "exact": WienerBlurLoss(determinant="exact"), "l2": L2Loss()}


def gradients(network, training_pass, objective, image, noise):
    network.zero_grad()
    terms = objective(training_pass(image, noise, objective.attach_kernel), image, epoch=1)
    total = terms[Keys.LOSS] + terms.get(Keys.KERNEL_ERROR, 0)
    total.backward()
    return {name: parameter.grad.clone() for name, parameter in network.named_parameters()}


def patches() -> PatchDataset:
    """Patches of one volume of noise."""
    volume = np.random.default_rng(0).integers(1, 256, (20, 40, 40), dtype=np.uint8)
    return PatchDataset([volume], batch_size=4, patch_size=(SIZE, SIZE))


def main(folder: Path, loss: str) -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(8, 1, SIZE, SIZE, generator=generator) * 2 - 1
    noise = torch.randn(8, LATENT, generator=generator)
    objective = Objective(LOSSES[loss])
    network = build_network(kernel_net=loss != "l2").eval()
    single = gradients(network, TrainingPass(network), objective, image, noise)
    dist.init_process_group("gloo")
    mine = slice(4 * dist.get_rank(), 4 * dist.get_rank() + 4)
    averaged = gradients(
        network, DistributedDataParallel(TrainingPass(network)), objective, image[mine], noise[mine]
    )
    first: list[torch.Tensor | None] = [None] * dist.get_world_size()
    dist.all_gather_object(first, next(iter(make_patch_loader(patches(), 1)))["image"])
    if dist.get_rank() == 0:
        torch.save(first, folder / "first_batches.pt")
        torch.save(single, folder / "single.pt")
        torch.save(averaged, folder / "averaged.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
