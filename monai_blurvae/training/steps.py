"""The alternating updates of one batch, as plain functions."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

from monai_blurvae.keys import Keys


def update(
    terms: dict[Keys, Tensor], optimizers: Iterable[Optimizer | None], gradient_clip: float | None = None
) -> None:
    """Step the VAE (equation 11) and the kernel network (equation 12) from one backward pass.

    The VAE's loss has no gradient to the kernel network's gamma, and the blur error none to theta, phi:
    the gradient of their sum is both gradients side by side. They are taken before either optimiser steps,
    and DistributedDataParallel sees a single backward pass.

    Args:
        terms: the objective's terms, with `Keys.LOSS` and, with a kernel network, `Keys.KERNEL_ERROR`.
        optimizers: the VAE's and the kernel network's optimiser; None is passed over.
        gradient_clip: largest L2 norm of each optimiser's gradient, or None for no clipping.
    """
    stepping = [optimizer for optimizer in optimizers if optimizer is not None]
    for optimizer in stepping:
        optimizer.zero_grad(set_to_none=True)
    total = terms[Keys.LOSS]
    if Keys.KERNEL_ERROR in terms:
        total = total + terms[Keys.KERNEL_ERROR]
    total.backward()  # type: ignore[no-untyped-call]
    for optimizer in stepping:
        if gradient_clip is not None:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, gradient_clip)
        optimizer.step()
