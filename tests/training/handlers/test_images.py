import matplotlib.image
import numpy as np
import pytest
import torch

from monai_blurvae.functional import byte_levels
from monai_blurvae.keys import Keys
from monai_blurvae.networks import BlurVAE
from monai_blurvae.training.handlers import ReconstructionImages


def batches(*sizes):
    generator = torch.Generator().manual_seed(0)
    return [{Keys.IMAGE: torch.rand(size, 1, 16, 16, generator=generator) * 2 - 1} for size in sizes]


def test_every_epoch_has_its_picture_in_a_file_and_in_tensorboard(
    network, tmp_path, writer, events, engine_of
):
    handler = ReconstructionImages(network, tmp_path, writer, n=3)
    assert handler.latest is None
    engine = engine_of()
    handler.attach(engine)
    engine.run(batches(4), max_epochs=2)
    names = ["epoch_0001.png", "epoch_0002.png"]
    assert sorted(file.name for file in (tmp_path / "images").iterdir()) == names
    assert handler.latest == tmp_path / "images" / names[-1]
    assert [event.step for event in events("images", "images")] == [1, 2]


def test_an_evaluation_outside_training_has_a_name_of_its_own(network, tmp_path, engine_of):
    handler = ReconstructionImages(network, tmp_path, label="test")
    engine = engine_of()
    handler.attach(engine)
    engine.run(batches(4))
    assert handler.latest == tmp_path / "images" / "test.png"


def test_the_training_s_mode_random_state_and_weights_stay_as_they_were(network, tmp_path, engine_of):
    network.train()
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    engine = engine_of()
    ReconstructionImages(network, tmp_path).attach(engine)
    engine.run(batches(4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert network.training
    # batch norm's running statistics are among them
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_a_network_that_did_not_change_gives_the_same_picture_in_another_epoch(network, tmp_path, engine_of):
    engine = engine_of()
    ReconstructionImages(network, tmp_path).attach(engine)
    engine.run(batches(4), max_epochs=2)
    first, second = (
        matplotlib.image.imread(tmp_path / "images" / f"epoch_000{epoch}.png") for epoch in (1, 2)
    )
    title_rows = 40
    assert (first[title_rows:] == second[title_rows:]).all()


@pytest.mark.parametrize(("n", "columns"), [(3, 3), (5, 5), (20, 7)])
def test_the_first_n_images_are_shown_across_batches_or_all_there_are(
    network, tmp_path, engine_of, n, columns
):
    engine = engine_of()
    ReconstructionImages(network, tmp_path, n=n).attach(engine)
    engine.run(batches(4, 3))
    width = matplotlib.image.imread(tmp_path / "images" / "epoch_0001.png").shape[1]
    assert width == max(
        420, 28 + columns * (128 + 4)
    )  # the labels' margin, then 128 pixels and a gap a column


def test_a_network_without_kernels_has_three_rows(network, tmp_path, engine_of):
    engine = engine_of()
    ReconstructionImages(BlurVAE(network.encoder, network.decoder), tmp_path).attach(engine)
    engine.run(batches(4))
    height = matplotlib.image.imread(tmp_path / "images" / "epoch_0001.png").shape[0]
    assert height == 40 + 3 * (128 + 4)


def test_no_column_is_refused(network, tmp_path):
    with pytest.raises(ValueError, match="`n` must be at least 1, got 0"):
        ReconstructionImages(network, tmp_path, n=0)


@pytest.mark.parametrize("with_kernels", [True, False])
def test_the_archive_holds_what_the_figure_shows(network, tmp_path, engine_of, with_kernels):
    network = network if with_kernels else BlurVAE(network.encoder, network.decoder)
    engine = engine_of()
    path = tmp_path / "pictures.npz"
    ReconstructionImages(network, tmp_path, n=6, archive=path).attach(engine)
    data = batches(4, 4)
    engine.run(data)
    images = torch.cat([batch[Keys.IMAGE] for batch in data])[:6]
    with np.load(path) as file, torch.no_grad():
        network.eval()
        assert set(file) == {"inputs", "reconstructions", "samples"} | (
            {"kernels"} if with_kernels else set()
        )
        np.testing.assert_array_equal(file["inputs"], byte_levels(images).numpy())
        np.testing.assert_array_equal(file["reconstructions"], byte_levels(network(images)).numpy())
        samples = network.sample(6, torch.Generator().manual_seed(0))
        np.testing.assert_array_equal(file["samples"], byte_levels(samples).numpy())
        if with_kernels:
            np.testing.assert_allclose(file["kernels"], network.kernel(network.encode(images)[0]).numpy())
