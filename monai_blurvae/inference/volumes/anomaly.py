"""Maps of where a volume is unlike what a model was trained on."""

import numpy as np
import torch
from ignite.engine import Engine
from monai.data import MetaTensor, decollate_batch
from monai.engines.utils import IterationEvents
from monai.utils import convert_to_dst_type
from scipy.ndimage import binary_fill_holes
from torch import Tensor

from monai_blurvae.data.intensity import BACKGROUND
from monai_blurvae.files import check_known
from monai_blurvae.keys import Keys
from monai_blurvae.losses import ReconstructionLoss, ScaledLikelihood
from monai_blurvae.networks import LatentModel
from monai_blurvae.priors import PatchStrangeness, VAEPrior

ANOMALY_MAPS = ("whitened", "error", "bias")
"""Maps of `Strangeness`: the whitened residual, the squared error, the local bias."""
SLICES = 8
"""Slices that are judged at once."""


class AnomalyMap:
    """A handler that judges every slice of a volume (`PatchStrangeness`).

    The map has the volume's shape and stands beside its reconstruction in the engine's output, under
    "anomaly". It is 0 outside the brain, and where no patch has enough brain.

    Args:
        network: the model, its scale fitted on training data.
        loss: the reconstruction term it was trained with.
        kind: "whitened", "error" or "bias".
        overlap: share of a patch that the next patch also covers, in [0, 1).
        min_brain: least share of brain in a patch, in [0, 1].
        batch_size: patches in a batch.

    Raises:
        ValueError: If the kind is unknown, the loss has no scale, or a number is out of its range.
    """

    def __init__(
        self,
        network: LatentModel,
        loss: ReconstructionLoss,
        kind: str = "whitened",
        overlap: float = 0.5,
        min_brain: float = 0.5,
        batch_size: int = 64,
    ) -> None:
        check_known("anomaly", kind, ANOMALY_MAPS)
        if not isinstance(loss, ScaledLikelihood):
            raise ValueError(
                "`anomaly` must go with weights of a likelihood with a scale (wiener_blur, spectral, l2 or "
                f"l1), got {type(loss).__name__}"
            )
        self.kind = kind
        self.judge = PatchStrangeness(VAEPrior(network, loss), overlap, batch_size, min_brain)

    def attach(self, engine: Engine) -> None:
        """Add to an evaluator's output right after the network, before any postprocessing."""
        engine.add_event_handler(IterationEvents.FORWARD_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Judge the volumes (B, 1, rows, columns, slices) under "image"."""
        output = engine.state.output
        images: list[MetaTensor] = decollate_batch(output[Keys.IMAGE])
        maps = torch.stack([self.of(image.as_tensor()[0]) for image in images])
        output[Keys.ANOMALY] = convert_to_dst_type(maps[:, None], output[Keys.IMAGE])[0]

    def of(self, volume: Tensor) -> Tensor:
        """Judge a volume, (rows, columns, slices) in [-1, 1].

        Returns:
            The map, of the same shape, on the CPU.
        """
        x = volume.movedim(-1, 0)[:, None].cpu()
        filled = [binary_fill_holes(part) for part in (x[:, 0] > BACKGROUND).numpy()]
        brain = torch.from_numpy(np.stack(filled))[:, None]
        found = torch.zeros_like(x)
        for part in torch.split(self.judge.judgeable(brain).nonzero()[:, 0], SLICES):
            values: Tensor = getattr(self.judge(x[part], brain[part]), f"{self.kind}_map")
            found[part] = values.where(brain[part], 0).nan_to_num(0)
        return found[:, 0].movedim(0, -1)
