"""A table of the ELBO of each slice of a volume, to find slices unlike the training data."""

import csv
import io
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from ignite.engine import Engine
from monai.data import MetaTensor, decollate_batch
from monai.engines.utils import IterationEvents
from monai.networks.utils import eval_mode
from torch import Tensor

from monai_blurvae.files import write_text
from monai_blurvae.functional import bits_per_dimension, kl_divergence, reparameterize
from monai_blurvae.inference.volumes.tiles import brain_tiles, check_tiling
from monai_blurvae.keys import Keys
from monai_blurvae.losses import ReconstructionLoss, ScaledLikelihood
from monai_blurvae.networks import LatentModel


class SliceElbo(NamedTuple):
    """The row of a slice: means over its tiles. Without a likelihood, what needs one is None."""

    file: str
    """The volume."""
    slice: int
    """Index along the last axis of the oriented volume ("PLS": from inferior to superior)."""
    position_mm: float
    """World coordinate of the slice along its axis, in mm."""
    tiles: int
    """Tiles with enough brain."""
    brain_share: float
    """Share of brain in them."""
    nll: float | None
    """Negative log-likelihood at the network's scale, with the exact determinant, in nats."""
    kl: float
    """KL divergence of posterior to prior, in nats."""
    elbo: float | None
    """-(nll + kl), a lower bound of log p(x), in nats. It is low for unusual slices."""
    bits_per_dimension: float | None
    """The same in bits per pixel of 256 levels. It is high for unusual slices."""


class SliceElboTable:
    """A handler that writes a CSV row for each slice of each volume that an evaluator sees.

    Only tiles with as much brain as training patches count, because the likelihood of mostly empty tiles
    measures their emptiness; a slice without one has no row. Each volume's noise starts from the same seed,
    so a row depends neither on the other volumes nor on the batch size.

    Args:
        network: the model, its scale fitted on training data.
        loss: the reconstruction term it was trained with.
        path: the CSV file, written anew after each volume.
        overlap: share of a tile that its neighbour covers too, in [0, 1).
        min_brain: least share of brain in a tile, in [0, 1].
        batch_size: tiles in a batch.
        seed: of the noise that z is sampled with.

    Attributes:
        rows: the table so far.

    Raises:
        ValueError: If the network is not two-dimensional, or a share or the batch size is out of range.
    """

    def __init__(
        self,
        network: LatentModel,
        loss: ReconstructionLoss,
        path: str | Path,
        overlap: float = 0.5,
        min_brain: float = 0.5,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        if getattr(network, "spatial_dims", 2) != 2:
            raise ValueError(f"`network` must have 2 spatial dimensions, got {network.spatial_dims}")
        check_tiling(batch_size, overlap)
        if not 0 <= min_brain <= 1:
            raise ValueError(f"`min_brain` must be in [0, 1], got {min_brain}")
        self.network = network
        self.loss = loss
        self.path = Path(path)
        self.overlap = overlap
        self.min_brain = min_brain
        self.batch_size = batch_size
        self.seed = seed
        self.rows: list[SliceElbo] = []

    def attach(self, engine: Engine) -> None:
        """Add the volumes of an evaluator's output right after the network, before any postprocessing."""
        engine.add_event_handler(IterationEvents.FORWARD_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Add the rows of the volumes (B, ch, rows, columns, slices) under "image", and write the table."""
        for image in decollate_batch(engine.state.output[Keys.IMAGE]):
            self.rows += self.slices(image)
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(SliceElbo._fields)
        writer.writerows(self.rows)
        write_text(self.path, text.getvalue())

    def slices(self, image: MetaTensor) -> list[SliceElbo]:
        """Give a row for each slice with enough brain in a tile, of a volume (ch, rows, columns, slices)."""
        tiles = brain_tiles(image.as_tensor(), self.network.image_size, self.overlap, self.min_brain)
        nll, kl = self._nats(tiles.images)
        file, positions = str(image.meta.get("filename_or_obj", "")), slice_positions(image)
        rows, dimensions = [], tiles.images[0:1].numel()
        for index in sorted(set(tiles.slices.tolist())):
            own = (tiles.slices == index).cpu()
            bound = None if nll is None else nll[own] + kl[own]
            row = SliceElbo(
                file=file,
                slice=index,
                position_mm=round(float(positions[index]), 4),
                tiles=int(own.sum()),
                brain_share=_mean(tiles.shares.cpu()[own]),
                nll=None if nll is None else _mean(nll[own]),
                kl=_mean(kl[own]),
                elbo=None if bound is None else _mean(-bound),
                bits_per_dimension=None if bound is None else _mean(bits_per_dimension(bound, dimensions)),
            )
            rows.append(row)
        return rows

    def _nats(self, tiles: Tensor) -> tuple[Tensor | None, Tensor]:
        # KL of each tile, and its negative log-likelihood at a sampled z if the loss has one
        network, device = self.network, self.network.scale.device
        parts = [slice(start, start + self.batch_size) for start in range(0, len(tiles), self.batch_size)]
        nll, kl = [torch.zeros(0)], [torch.zeros(0)]
        with eval_mode(network):
            codes = [network.encode(tiles[part].to(device)) for part in parts]
            shape = (len(tiles), *codes[0][0].shape[1:]) if codes else (0,)
            noise = torch.randn(shape, generator=torch.Generator().manual_seed(self.seed))
            for part, (mu, log_var) in zip(parts, codes, strict=True):
                kl.append(kl_divergence(mu, log_var).cpu())
                if self.loss.is_likelihood:
                    z = reparameterize(mu, log_var, noise[part].to(device))
                    nats = cast("ScaledLikelihood", self.loss).neg_log_likelihood(
                        network.decode(z), tiles[part].to(device), network.scale, z
                    )
                    nll.append(nats.cpu())
        return torch.cat(nll) if self.loss.is_likelihood else None, torch.cat(kl)


def _mean(values: Tensor) -> float:
    return round(float(values.double().mean()), 4)


def slice_positions(image: MetaTensor) -> npt.NDArray[np.float64]:
    """World coordinate of each slice's middle along the slice axis, in mm.

    For an axial volume it is the height above the scanner's origin; for an oblique one it is measured along
    the tilted axis.

    Args:
        image: volume (ch, rows, columns, slices) with its affine from voxels to mm.

    Returns:
        Positions, one per slice.
    """
    affine = np.asarray(image.affine, dtype=np.float64)
    rows, columns, slices = image.shape[1:]
    spacing_mm = np.linalg.norm(affine[:3, 2])
    middle = affine @ np.array([(rows - 1) / 2, (columns - 1) / 2, 0, 1])
    first_mm = affine[:3, 2] / spacing_mm @ middle[:3]
    return np.asarray(first_mm + spacing_mm * np.arange(slices), dtype=np.float64)
