import numpy as np
import pytest
import torch

from monai_blurvae.functional import byte_levels
from monai_blurvae.keys import Keys
from monai_blurvae.networks import BlurVAE
from monai_blurvae.training.handlers import KernelHistory


def batches(*sizes):
    generator = torch.Generator().manual_seed(0)
    return [{Keys.IMAGE: torch.rand(size, 1, 16, 16, generator=generator) * 2 - 1} for size in sizes]


def validate(engine_of, handler, data, epoch):
    engine = engine_of()
    handler.attach(engine)
    engine.state.max_epochs, engine.state.epoch, engine.state.iteration = epoch, epoch - 1, 0
    engine.run(data, epoch_length=len(data))


def test_every_validation_adds_the_kernels_of_the_same_first_images(network, tmp_path, engine_of):
    data = batches(3, 3)
    images = torch.cat([batch[Keys.IMAGE] for batch in data])[:4]
    expected = []
    for epoch in (1, 3):
        torch.nn.init.normal_(
            next(network.kernel_net.parameters()), generator=torch.Generator().manual_seed(epoch)
        )
        validate(engine_of, KernelHistory(network, tmp_path), data, epoch)
        with torch.no_grad():
            expected.append(network.eval().kernel(network.encode(images)[0]).numpy())
        network.train()
    with np.load(tmp_path / "kernels.npz") as file:
        np.testing.assert_array_equal(file["epochs"], [1, 3])
        np.testing.assert_array_equal(file["images"], byte_levels(images).numpy())
        np.testing.assert_allclose(file["kernels"], expected, rtol=1e-5)
        assert file["kernels"].dtype == np.float32
    assert network.training


def test_a_resumed_run_drops_the_epochs_of_a_history_given_up(network, tmp_path, engine_of):
    for epoch in (1, 2, 3, 2):
        validate(engine_of, KernelHistory(network, tmp_path), batches(4), epoch)
    with np.load(tmp_path / "kernels.npz") as file:
        np.testing.assert_array_equal(file["epochs"], [1, 2])
        assert len(file["kernels"]) == 2


def test_a_network_without_kernels_leaves_no_file(network, tmp_path, engine_of):
    plain = BlurVAE(network.encoder, network.decoder)
    validate(engine_of, KernelHistory(plain, tmp_path), batches(4), 1)
    assert not list(tmp_path.iterdir())


def test_no_image_is_refused(network, tmp_path):
    with pytest.raises(ValueError, match="`n` must be at least 1, got 0"):
        KernelHistory(network, tmp_path, n=0)
