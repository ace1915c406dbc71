import matplotlib.image
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from monai_blurvae.blur import MeasuredBlur, Spectra
from monai_blurvae.losses import L2Loss, WienerBlurLoss
from monai_blurvae.training.handlers import TransferFunctionHistory, transfer_function_figure

RINGS = 8


@pytest.fixture
def loss():
    return WienerBlurLoss(MeasuredBlur(rings=RINGS, decay=0))


def blurred(loss, gain):
    """Let the loss see a batch whose every frequency has this gain."""
    x = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    loss.blur.observe(Spectra.of(x, gain * x), (16, 16))


def validate(engine_of, handler, epoch):
    engine = engine_of()
    handler.attach(engine)
    engine.state.max_epochs, engine.state.epoch, engine.state.iteration = epoch, epoch - 1, 0
    engine.run([0], epoch_length=1)


def test_every_validation_adds_the_transfer_function_and_its_training_step(loss, tmp_path, engine_of):
    for epoch, gain in ((1, 0.25), (3, 0.5)):
        blurred(loss, gain)
        validate(engine_of, TransferFunctionHistory(loss, 2, tmp_path), epoch)
    with np.load(tmp_path / "transfer_functions.npz") as file:
        np.testing.assert_array_equal(file["epochs"], [1, 3])
        np.testing.assert_array_equal(file["steps"], [1, 2])
        np.testing.assert_allclose(file["gains"], [[0.25] * RINGS, [0.5] * RINGS], rtol=1e-5)
        assert file["gains"].dtype == np.float32
        assert (file["C"], file["floor"]) == (0.05, pytest.approx(1 / 1.05**2))


@pytest.mark.parametrize(
    ("spatial_dims", "spacing", "corner"),
    [(2, None, 0.5 * 2**0.5), (3, None, 0.5 * 3**0.5), (2, (0.5, 2.0), (1 + 0.25**2) ** 0.5)],
)
def test_frequencies_reach_the_spectrum_s_corner(tmp_path, engine_of, spatial_dims, spacing, corner):
    loss = WienerBlurLoss(MeasuredBlur(rings=RINGS, spacing=spacing))
    validate(engine_of, TransferFunctionHistory(loss, spatial_dims, tmp_path), 1)
    with np.load(tmp_path / "transfer_functions.npz") as file:
        np.testing.assert_allclose(file["frequencies"], np.linspace(0, corner, RINGS), rtol=1e-6)


def test_a_resumed_run_drops_the_epochs_of_a_history_given_up(loss, tmp_path, engine_of):
    for epoch in (1, 2, 3, 2):
        blurred(loss, 0.5)
        validate(engine_of, TransferFunctionHistory(loss, 2, tmp_path), epoch)
    with np.load(tmp_path / "transfer_functions.npz") as file:
        np.testing.assert_array_equal(file["epochs"], [1, 2])
        assert len(file["steps"]) == len(file["gains"]) == 2


def test_one_picture_in_the_run_s_folder_and_one_of_every_epoch_in_tensorboard(
    loss, tmp_path, writer, events, engine_of
):
    for epoch in (1, 2):
        validate(engine_of, TransferFunctionHistory(loss, 2, tmp_path, writer), epoch)
    assert [file.name for file in (tmp_path / "blur").iterdir()] == ["transfer_functions.png"]
    assert matplotlib.image.imread(tmp_path / "blur" / "transfer_functions.png").std() > 0
    assert [event.step for event in events("images", "blur")] == [1, 2]


@pytest.mark.parametrize("other", [L2Loss(), WienerBlurLoss(blur="fixed")])
def test_a_loss_without_a_measured_blur_leaves_no_file(other, tmp_path, engine_of):
    validate(engine_of, TransferFunctionHistory(other, 2, tmp_path), 1)
    assert not list(tmp_path.iterdir())


def test_the_figure_has_a_curve_per_validation_the_weights_beside_it_and_the_line_of_the_largest(loss):
    steps, frequencies = torch.tensor([10, 20]), torch.linspace(0, 0.7, RINGS)
    gains = torch.rand(2, RINGS, generator=torch.Generator().manual_seed(0))
    weights = gains + 1
    figure = transfer_function_figure(steps, frequencies, gains, weights, C=0.25)
    FigureCanvasAgg(figure).draw()
    transfer, weight, bar = figure.axes
    *curves, largest = transfer.lines
    np.testing.assert_array_equal([curve.get_ydata() for curve in curves], gains)
    np.testing.assert_array_equal([curve.get_ydata() for curve in weight.lines], weights)
    np.testing.assert_array_equal(curves[0].get_xdata(), frequencies)
    assert set(largest.get_ydata()) == {0.5}  # K^2 = C
    colours = [curve.get_color() for curve in curves]
    assert colours == [curve.get_color() for curve in weight.lines]
    assert colours[0] != colours[1]
    assert bar.get_ylim() == (10, 20)
    assert transfer.get_xlabel() == weight.get_xlabel() == "cycles per pixel"
