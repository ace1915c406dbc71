"""Metrics and handlers in MONAI's own engines at their defaults, which decollate the output."""

import csv
import io
import json

import numpy as np
import pytest
import torch
from monai.data import DataLoader, Dataset, MetaTensor
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import ValidationHandler
from monai.networks.nets import AutoEncoder, AutoencoderKL
from torch.utils.tensorboard import SummaryWriter

from monai_blurvae.functional import byte_levels
from monai_blurvae.keys import Keys
from monai_blurvae.metrics import (
    ActiveUnits,
    KLDivergence,
    LogSpectrumDifference,
    ResolvedFrequency,
    RingCorrelation,
    Sharpness,
    psnr,
    ssim,
)
from monai_blurvae.training.handlers import (
    BestWeights,
    CheckpointSaver,
    KernelHistory,
    MeasuresFile,
    MetricsLog,
    NonFiniteGuard,
    Progress,
    ReconstructionImages,
    SpectrumImages,
    training_scalars,
    validation_scalars,
)

IMAGES = torch.rand(6, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
MEASURES = {
    "psnr": psnr,
    "ssim": ssim,
    "sharpness": Sharpness,
    "ring_correlation": RingCorrelation,
    "resolved_frequency": ResolvedFrequency,
    "spectrum_difference": LogSpectrumDifference,
}


def seeded(make):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make()


@pytest.fixture
def autoencoder():
    return seeded(lambda: AutoEncoder(2, 1, 1, channels=(4, 8), strides=(2, 2)))


@pytest.fixture
def loader():
    """Batches of four images and of two, with meta as MONAI's transforms make it; the label is the image."""
    items = [{"image": MetaTensor(image), "label": MetaTensor(image)} for image in IMAGES]
    return DataLoader(Dataset(items), batch_size=4)


def make_evaluator(network, loader, metrics, handlers=None):
    return SupervisedEvaluator(
        torch.device("cpu"),
        loader,
        network,
        key_val_metric={"psnr": metrics["psnr"]},
        additional_metrics={name: metric for name, metric in metrics.items() if name != "psnr"},
        val_handlers=handlers,
    )


def test_decollated_metrics_are_those_of_the_batches(autoencoder, loader, measure_batch):
    evaluator = make_evaluator(autoencoder, loader, {name: make() for name, make in MEASURES.items()})
    evaluator.run()
    assert isinstance(evaluator.state.output, list)
    with torch.no_grad():
        whole = {Keys.IMAGE: IMAGES, Keys.RECONSTRUCTION: autoencoder.eval()(IMAGES)}
    for name, make in MEASURES.items():
        assert evaluator.state.metrics[name] == pytest.approx(measure_batch(make(), whole), rel=1e-5)


def test_a_training_with_every_handler_leaves_its_files(autoencoder, loader, tmp_path):
    log = io.StringIO()
    with SummaryWriter(tmp_path / "tensorboard") as writer:
        metrics = {name: make() for name, make in MEASURES.items()}
        pictures = [
            ReconstructionImages(None, tmp_path, writer, archive=tmp_path / "pictures.npz"),
            SpectrumImages(tmp_path, writer, archive=tmp_path / "spectra.npz"),
        ]
        numbers = [
            validation_scalars(writer),
            MeasuresFile(tmp_path, metrics),
            BestWeights(tmp_path / "model.pt", autoencoder),
        ]
        evaluator = make_evaluator(autoencoder, loader, metrics, pictures + numbers)
        optimizer = torch.optim.SGD(autoencoder.parameters(), lr=0.01)
        trainer = SupervisedTrainer(
            torch.device("cpu"),
            2,
            loader,
            autoencoder,
            optimizer,
            torch.nn.MSELoss(),
            train_handlers=[
                NonFiniteGuard(),
                ValidationHandler(1, evaluator),
                Progress(log, every_s=0),
                training_scalars(writer),
                MetricsLog(tmp_path, evaluator),
                CheckpointSaver(tmp_path / "checkpoint.pt", {"network": autoencoder}),
            ],
        )
        trainer.run()
    lines = log.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("epoch 1/2 [1/2]  loss ")
    with (tmp_path / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [set(row) >= {"train_loss", *MEASURES} for row in rows] == [True, True]
    assert float(rows[1]["psnr"]) == evaluator.state.metrics["psnr"]
    assert json.loads((tmp_path / "measures.json").read_text())["images"] == 6
    names = {path.name for path in tmp_path.iterdir()}
    assert {"model.pt", "checkpoint.pt", "images", "spectra", "metrics.json"} <= names
    with np.load(tmp_path / "pictures.npz") as pictures, torch.no_grad():
        assert set(pictures) == {"inputs", "reconstructions"}
        np.testing.assert_array_equal(pictures["inputs"], byte_levels(IMAGES).numpy())
        expected = byte_levels(autoencoder.eval()(IMAGES)).numpy()
        np.testing.assert_array_equal(pictures["reconstructions"], expected)
    with np.load(tmp_path / "spectra.npz") as spectra:
        assert set(spectra) == {"data", "reconstructions"}


class Gaussian(torch.nn.Module):
    """MONAI's AutoencoderKL as a model that encodes to mu and log variance; its latents are feature maps."""

    def __init__(self):
        super().__init__()
        self.network = AutoencoderKL(
            2, 1, 1, num_res_blocks=(1, 1), channels=(4, 8), attention_levels=(False, False),
            latent_channels=3, norm_num_groups=2,
            with_encoder_nonlocal_attn=False, with_decoder_nonlocal_attn=False,
        )  # fmt: skip

    def encode(self, image):
        mu, sigma = self.network.encode(image)
        return mu, 2 * sigma.log()

    def decode(self, z):
        return self.network.decode(z)

    def forward(self, image):
        mu, log_var = self.encode(image)
        return {Keys.RECONSTRUCTION: self.decode(mu), Keys.MU: mu, Keys.LOG_VAR: log_var}


def test_a_model_whose_latents_are_feature_maps_is_measured_and_drawn(loader, tmp_path, measure_batch):
    model = seeded(Gaussian)
    # a postprocessing takes mu, log_var and the reconstruction out of the network's dictionary
    evaluator = SupervisedEvaluator(
        torch.device("cpu"),
        loader,
        model,
        postprocessing=lambda item: {**item, **item["pred"]},
        key_val_metric={"kl": KLDivergence()},
        additional_metrics={"active_units": ActiveUnits(), "psnr": psnr()},
        val_handlers=[
            ReconstructionImages(model, tmp_path, archive=tmp_path / "pictures.npz", n=5),
            KernelHistory(model, tmp_path),
        ],
    )
    evaluator.run()
    with torch.no_grad():
        output = {Keys.IMAGE: IMAGES, **model.eval()(IMAGES)}
        assert output[Keys.MU].shape == (6, 3, 8, 8)
        noise = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
        samples = model.decode(noise)
    for name, metric in (("kl", KLDivergence()), ("active_units", ActiveUnits()), ("psnr", psnr())):
        assert evaluator.state.metrics[name] == pytest.approx(measure_batch(metric, output), rel=1e-5)
    variances = output[Keys.MU].double().var(dim=0, correction=0)
    assert evaluator.state.metrics["active_units"] == (variances > 0.01).sum()
    with np.load(tmp_path / "pictures.npz") as pictures:
        assert set(pictures) == {"inputs", "reconstructions", "samples"}
        np.testing.assert_array_equal(pictures["samples"], byte_levels(samples).numpy())
    assert not (tmp_path / "kernels.npz").exists()
