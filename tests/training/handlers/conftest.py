"""Engines without a model, TensorBoard files read back, and a network small enough to draw with."""

import pytest
import torch
from ignite.engine import Engine
from torch.utils.tensorboard import SummaryWriter

from monai_blurvae.networks import BlurVAE, Decoder, Encoder, KernelNet


@pytest.fixture
def network():
    """An untrained network for 16x16 images with 3x3 kernels, in training mode."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5), KernelNet(5, (3, 3))).train()


@pytest.fixture
def writer(tmp_path):
    """A TensorBoard writer, closed after the test."""
    with SummaryWriter(tmp_path / "tensorboard") as summary_writer:
        yield summary_writer


@pytest.fixture
def events(writer):
    """Read back what was written: all records of a kind ("scalars", "images", "tensors") and tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def read(kind, tag):
        writer.flush()
        accumulator = EventAccumulator(str(writer.log_dir), size_guidance={kind: 0})
        accumulator.Reload()
        return {"scalars": accumulator.Scalars, "images": accumulator.Images, "tensors": accumulator.Tensors}[
            kind
        ](tag)

    return read


@pytest.fixture
def engine_of():
    """Make an engine whose batches are its outputs."""
    return lambda: Engine(lambda _, batch: batch)


@pytest.fixture
def measure_batch():
    """Give a metric's value for one whole batch."""

    def of(metric, batch):
        metric.reset()
        metric.update(batch)
        return metric.compute()

    return of
