"""How likely each slice of a volume is: a table for finding what does not belong to the training data."""

import csv
import io
from pathlib import Path
from typing import NamedTuple, cast

import torch
from ignite.engine import Engine
from monai.data import MetaTensor, decollate_batch
from monai.engines.utils import IterationEvents
from monai.networks.utils import eval_mode
from torch import Tensor

from monai_blurvae.atomic import replacing
from monai_blurvae.functional import bits_per_dimension, kl_divergence, reparameterize
from monai_blurvae.inference.volumes.brain_tiles import brain_tiles
from monai_blurvae.inference.volumes.slice_positions import slice_positions
from monai_blurvae.keys import Keys
from monai_blurvae.losses import ReconstructionLoss, ScaledLikelihood
from monai_blurvae.networks import LatentModel


class SliceElbo(NamedTuple):
    """One slice's row: means over its tiles. What needs a likelihood is None where the loss is none."""

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
    """-(nll + kl), a lower bound of log p(x), in nats: the lower, the stranger."""
    bits_per_dimension: float | None
    """The same in bits per pixel of 256 levels: the higher, the stranger."""


class SliceElboTable:
    """A handler that writes a CSV row for each slice of each volume that an evaluator sees.

    Only tiles with as much brain as training patches count, and a slice without one has no row: the
    likelihood of mostly empty tiles tells of their emptiness, not of their brain. Each volume's noise starts
    from the same seed, so that a row depends neither on the other volumes nor on the batch size.

    Args:
        network: The model, its scale fitted on training data.
        loss: The reconstruction term it was trained with.
        path: The CSV file, written anew after each volume.
        overlap: Share of a tile that its neighbour covers too, in [0, 1).
        min_brain: Least share of brain in a tile, in [0, 1].
        batch_size: Tiles in a batch.
        seed: Of the noise that z is sampled with.

    Attributes:
        rows: The table so far.

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
        if network.spatial_dims != 2:
            raise ValueError(f"`network` must have 2 spatial dimensions, got {network.spatial_dims}")
        if not 0 <= overlap < 1:
            raise ValueError(f"`overlap` must be in [0, 1), got {overlap}")
        if not 0 <= min_brain <= 1:
            raise ValueError(f"`min_brain` must be in [0, 1], got {min_brain}")
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be positive, got {batch_size}")
        self.network = network
        self.loss = loss
        self.path = Path(path)
        self.overlap = overlap
        self.min_brain = min_brain
        self.batch_size = batch_size
        self.seed = seed
        self.rows: list[SliceElbo] = []

    def attach(self, engine: Engine) -> None:
        """Judge an evaluator's volumes right after the network ran, before any postprocessing.

        Args:
            engine: A MONAI evaluator; its output has volumes (B, ch, rows, columns, slices) under "image".
        """
        engine.add_event_handler(IterationEvents.FORWARD_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Add the rows of the evaluator's current volumes, and write the table.

        Args:
            engine: The evaluator.
        """
        for image in decollate_batch(engine.state.output[Keys.IMAGE]):
            self.rows += self.slices(image)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(SliceElbo._fields)
        writer.writerows(self.rows)
        with replacing(self.path) as partial:
            partial.write_text(text.getvalue(), newline="")

    def slices(self, image: MetaTensor) -> list[SliceElbo]:
        """Judge one volume.

        Args:
            image: x in [-1, 1], (ch, rows, columns, slices), with its affine.

        Returns:
            A row for each slice that has a tile with enough brain, in order.
        """
        tiles = brain_tiles(image.as_tensor(), self.network.image_size, self.overlap, self.min_brain)
        nll, kl = self._nats(tiles.images)
        file, positions = str(image.meta.get("filename_or_obj", "")), slice_positions(image)
        rows = []
        for index in sorted(set(tiles.slices.tolist())):
            own = (tiles.slices == index).cpu()
            row = SliceElbo(
                file=file,
                slice=index,
                position_mm=round(float(positions[index]), 4),
                tiles=int(own.sum()),
                brain_share=_mean(tiles.shares.cpu()[own]),
                nll=None,
                kl=_mean(kl[own]),
                elbo=None,
                bits_per_dimension=None,
            )
            if nll is not None:
                bound = nll[own] + kl[own]
                bits = bits_per_dimension(bound, tiles.images[0].numel())
                row = row._replace(nll=_mean(nll[own]), elbo=_mean(-bound), bits_per_dimension=_mean(bits))
            rows.append(row)
        return rows

    @torch.no_grad()
    def _nats(self, tiles: Tensor) -> tuple[Tensor | None, Tensor]:
        device = self.network.scale.device
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(len(tiles), *self.network.latent_shape, generator=generator)
        nll, kl = [torch.zeros(0)], [torch.zeros(0)]
        with eval_mode(self.network):
            for start in range(0, len(tiles), self.batch_size):
                x = tiles[start : start + self.batch_size].to(device)
                mu, log_var = self.network.encode(x)
                z = reparameterize(mu, log_var, noise[start : start + self.batch_size].to(device))
                kl.append(kl_divergence(mu, log_var).cpu())
                if self.loss.is_likelihood:
                    nats = cast("ScaledLikelihood", self.loss).neg_log_likelihood(
                        self.network.decode(z), x, self.network.scale, z
                    )
                    nll.append(nats.cpu())
        return torch.cat(nll) if self.loss.is_likelihood else None, torch.cat(kl)


def _mean(values: Tensor) -> float:
    return round(float(values.double().mean()), 4)
