"""A picture of samples of a trained model."""

from pathlib import Path

import matplotlib.image
import numpy as np
import torch
from monai.networks.utils import eval_mode

from monai_blurvae.checks import check_integer
from monai_blurvae.files import replacing
from monai_blurvae.networks import LatentModel

_GAP = 2
_CELL_PIXELS = 128


def write_samples(
    network: LatentModel, path: str | Path, n: int = 64, columns: int = 8, seed: int = 0
) -> Path:
    """Draw latents from the prior and write their images into one PNG, in rows.

    Grey images are shown in the fixed range [-1, 1], three channels as colours, and volumes by their middle
    slice. Small images are enlarged by a whole factor, without interpolation.

    Args:
        network: the trained model.
        path: the PNG file; its folder is made where it is missing.
        n: number of samples.
        columns: samples in a row.
        seed: seed of the latents, which are drawn on the CPU: the same on every device.

    Returns:
        The file's path.

    Raises:
        ValueError: If there is nothing to draw.
    """
    check_integer(1, n=n, columns=columns)
    with eval_mode(network):
        z = torch.randn(n, *network.latent_shape, generator=torch.Generator().manual_seed(seed))
        z = network.latents(z) if isinstance(network, LatentModel) else z  # of any module that decodes
        images = network.decode(z.to(network.scale)).float().cpu()
    while images.ndim > 4:
        images = images[:, :, images.shape[2] // 2]
    values = ((images + 1) / 2).clamp(0, 1)
    values = values if values.shape[1] == 3 else values[:, :1].expand(-1, 3, -1, -1)
    cells = values.permute(0, 2, 3, 1).numpy()
    zoom = max(1, _CELL_PIXELS // max(cells.shape[1:3]))
    cells = cells.repeat(zoom, axis=1).repeat(zoom, axis=2)
    height, width = cells.shape[1] + _GAP, cells.shape[2] + _GAP
    rows = -(-n // columns)
    grid = np.ones((rows * height + _GAP, min(n, columns) * width + _GAP, 3), dtype=np.float32)
    for index, cell in enumerate(cells):
        top, left = index // columns * height + _GAP, index % columns * width + _GAP
        grid[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    with replacing(path) as partial:
        matplotlib.image.imsave(partial, grid, format="png")
    return Path(path)
