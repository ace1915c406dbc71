"""Run by torchrun: the gradients of two ranks averaged, and those of one process on the same global batch."""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from monai_blurvae.data import PatchDataset, make_patch_loader
from monai_blurvae.keys import Keys
from monai_blurvae.losses import L2Loss, ReconstructionLoss, WienerBlurLoss
from monai_blurvae.networks import make_model
from monai_blurvae.training import Adversary, AdversarySettings, Objective

SIZE, LATENT = 16, 6
MODEL = {"image_size": SIZE, "features": [4, 8], "latent_size": LATENT, "hidden_size": 12, "kernel_size": 5}


def make_loss(name: str) -> ReconstructionLoss:
    if name == "l2":
        return L2Loss()
    if name in {"measured", "discriminator"}:
        return WienerBlurLoss("measured")
    return WienerBlurLoss("network", determinant=name)


def make_objective(name: str) -> Objective:
    """Batch norm in evaluation mode couples no images; the measured blur takes batches in."""
    torch.manual_seed(0)
    loss = make_loss(name)
    model = make_model(MODEL, loss)
    settings = AdversarySettings(features=4, layers=1, weight=400.0)
    objective = Objective(model, loss, adversary=Adversary(settings) if name == "discriminator" else None)
    objective.eval()
    loss.train()
    return objective


def gradients(objective, parallel, image, noise):
    """Of the second pass: the first is what a measured blur has seen by then."""
    for _ in range(2):
        objective.zero_grad()
        terms = parallel(image, noise, 1)
        total = terms[Keys.LOSS] + terms.get(Keys.KERNEL_ERROR, 0) + terms.get(Keys.DISCRIMINATOR, 0)
        total.backward()
    return {name: parameter.grad.clone() for name, parameter in objective.named_parameters()}


def patches() -> PatchDataset:
    """Patches of one volume of noise."""
    volume = np.random.default_rng(0).integers(1, 256, (20, 40, 40), dtype=np.uint8)
    return PatchDataset([volume], batch_size=4, patch_size=(SIZE, SIZE))


def main(folder: Path, loss: str) -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(8, 1, SIZE, SIZE, generator=generator) * 2 - 1
    noise = torch.randn(8, LATENT, generator=generator)
    objective = make_objective(loss)
    single = gradients(objective, objective, image, noise)
    single_blur = {name: value.clone() for name, value in objective.loss.state_dict().items()}
    dist.init_process_group("gloo")
    mine = slice(4 * dist.get_rank(), 4 * dist.get_rank() + 4)
    objective = make_objective(loss)
    averaged = gradients(objective, DistributedDataParallel(objective), image[mine], noise[mine])
    blurs: list[dict[str, torch.Tensor] | None] = [None] * dist.get_world_size()
    dist.all_gather_object(blurs, dict(objective.loss.state_dict()))
    others: list[dict[str, torch.Tensor] | None] = [None] * dist.get_world_size()
    dist.all_gather_object(others, averaged)
    first: list[torch.Tensor | None] = [None] * dist.get_world_size()
    dist.all_gather_object(first, next(iter(make_patch_loader(patches(), 1)))["image"])
    if dist.get_rank() == 0:
        torch.save(first, folder / "first_batches.pt")
        torch.save(single, folder / "single.pt")
        torch.save(others, folder / "averaged.pt")
        torch.save([single_blur, *blurs], folder / "blurs.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
