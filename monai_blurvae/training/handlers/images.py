"""Pictures of inputs, reconstructions, samples and kernels, as a run goes on."""

from pathlib import Path

import torch
from ignite.engine import Engine, Events
from monai.networks.utils import eval_mode
from torch.utils.tensorboard import SummaryWriter

from monai_blurvae.functional import byte_levels
from monai_blurvae.networks import LatentModel
from monai_blurvae.training.handlers.archive import save_arrays
from monai_blurvae.training.handlers.first_images import FirstImages
from monai_blurvae.training.handlers.pictures import Pictures
from monai_blurvae.training.handlers.reconstruction_figure import reconstruction_figure


class ReconstructionImages:
    """Draw `reconstruction_figure` of the first images of an evaluation, at its end.

    Reconstructions and kernels come from mu; samples from latents drawn once, with a generator of this
    handler's own, so that figures of different epochs compare and the training's random state stays its own.

    Args:
        network: the network to draw with.
        output_dir: the run's folder; figures go to `images/` in it.
        summary_writer: TensorBoard's writer, None for PNG files alone.
        n: largest number of columns.
        seed: seed of the prior latents.
        label: name and title of the figure; None names by epoch.
        archive: .npz file for what the figure shows: uint8 `inputs`, `reconstructions` and `samples`
            (n, ch, *size), and float32 `kernels` (n, *kernel) where the network has them; None: no file.

    Raises:
        ValueError: if n is below 1.
    """

    def __init__(
        self,
        network: LatentModel,
        output_dir: str | Path,
        summary_writer: SummaryWriter | None = None,
        n: int = 8,
        seed: int = 0,
        label: str | None = None,
        archive: str | Path | None = None,
    ) -> None:
        self.network = network
        self.pictures = Pictures(Path(output_dir) / "images", "images", summary_writer, label)
        self.first = FirstImages(n)
        self.archive = archive
        self._noise = torch.randn(n, *network.latent_shape, generator=torch.Generator().manual_seed(seed))

    @property
    def latest(self) -> Path | None:
        """File of the last figure, None before the first."""
        return self.pictures.latest

    def attach(self, engine: Engine) -> None:
        """Watch an engine.

        Args:
            engine: the evaluator, whose output holds `Keys.IMAGE`.
        """
        self.first.attach(engine)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Draw the figure of an epoch.

        Args:
            engine: the evaluator at its end.
        """
        images = self.first.images()
        network = self.network
        with eval_mode(network):
            mu, _ = network.encode(images)
            reconstructions = network.decode(mu)
            samples = network.decode(self._noise[: len(images)].to(mu))
            kernels = network.kernel(mu)
        figure = reconstruction_figure(
            images, reconstructions, samples, kernels, title=self.pictures.title(engine.state.epoch)
        )
        self.pictures.save(figure, engine.state.epoch)
        if self.archive is not None:
            shown = {"inputs": images, "reconstructions": reconstructions, "samples": samples}
            arrays = {name: byte_levels(values).cpu().numpy() for name, values in shown.items()}
            if kernels is not None:
                arrays["kernels"] = kernels.float().cpu().numpy()
            save_arrays(self.archive, arrays)
