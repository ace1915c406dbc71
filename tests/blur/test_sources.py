"""Every source finds the blur that was applied, within what its model allows."""

import numpy as np
import pytest
import torch

from monai_blurvae.blur import FixedBlur, LeastSquaresBlur, MeasuredBlur, NetworkBlur, Spectra
from monai_blurvae.functional import (
    circular_blur,
    gaussian_kernel,
    least_squares_kernel,
    ring_basis,
    taper_spectrum,
    transfer_function,
)
from monai_blurvae.losses import WienerBlurLoss
from tests.ranks import on_two_ranks


def white(batch=8, size=(48, 48), channels=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, channels, *size, generator=generator)


def natural(batch=8, size=(48, 48), channels=1, seed=0):
    """Gaussian fields with the 1/f amplitude of natural images, cut out of larger ones: not periodic."""
    large = tuple(2 * n for n in size)
    noise = white(batch, large, channels, seed)
    axes = tuple(range(2, noise.ndim))
    radius = torch.stack(torch.meshgrid(*(torch.fft.fftfreq(n) for n in large), indexing="ij")).norm(dim=0)
    spectrum = torch.fft.fftn(noise, dim=axes) / (radius + 1 / large[0])
    image = torch.fft.ifftn(spectrum, dim=axes).real[(..., *(slice(n) for n in size))]
    return image / image.std()


def blurred(images, kernel):
    """Blur off the borders: images are cut out after the convolution, so that nothing wraps around."""
    size = images.shape[2:]
    margin = kernel.shape[0] // 2
    inner = (..., *(slice(margin, n - margin) for n in size))
    return images[inner], circular_blur(images, kernel.expand(len(images), *kernel.shape))[inner]


def asymmetric_kernel():
    kernel = gaussian_kernel(1.0, (5, 5))
    kernel[0, 1] += 0.2  # convolution and correlation differ
    return kernel / kernel.sum()


def measured_gain(source, x, x_hat):
    source.observe(Spectra.of(x, x_hat), x.shape[2:])
    return source.transfer_function(x.shape[2:]).real[0]


@pytest.mark.parametrize(("images", "tolerance"), [(white, 0.01), (natural, 0.03)])
def test_least_squares_finds_an_asymmetric_kernel_again(images, tolerance):
    x, x_hat = blurred(images(size=(52, 52)), asymmetric_kernel())
    found = least_squares_kernel(x, x_hat, (5, 5))
    assert (found - asymmetric_kernel()).abs().max() < tolerance


def test_least_squares_finds_a_kernel_in_three_dimensions_and_in_colour():
    kernel = gaussian_kernel(0.8, (3, 3, 3))
    x, x_hat = blurred(white(2, (18, 18, 18), channels=2), kernel)
    found = LeastSquaresBlur((3, 3, 3))(x, x_hat)
    torch.testing.assert_close(
        found, transfer_function(kernel.expand(2, 3, 3, 3), x.shape[2:]), atol=0.02, rtol=0
    )


def test_least_squares_is_the_solution_of_numpys_lstsq_without_the_ridge():
    x, x_hat = white(1, (12, 12)).double(), white(1, (12, 12), seed=1).double()
    found = least_squares_kernel(x, x_hat, (3, 3), ridge=1e-12)[0]
    mean = x.mean()
    rows, y = [], []
    for i in range(1, 11):
        for j in range(1, 11):
            window = (x[0, 0, i - 1 : i + 2, j - 1 : j + 2] - mean).flip(0, 1)  # of a convolution
            rows.append(window.flatten().numpy())
            y.append(float(x_hat[0, 0, i, j] - mean))
    wanted = np.linalg.lstsq(np.array(rows), np.array(y), rcond=None)[0]
    np.testing.assert_allclose(found.flatten().numpy(), wanted, atol=1e-8)


def test_the_mean_of_the_image_does_not_bias_the_least_squares_kernel():
    x, x_hat = blurred(natural(size=(52, 52)), gaussian_kernel(1.0, (5, 5)))
    plain = least_squares_kernel(x, x_hat, (5, 5))
    torch.testing.assert_close(least_squares_kernel(x + 30, x_hat + 30, (5, 5)), plain, atol=2e-3, rtol=0)


def test_the_measured_blur_of_white_images_is_the_kernels_transfer_function():
    kernel = gaussian_kernel(0.7, (7, 7))
    x = white(64)
    x_hat = circular_blur(x, kernel.expand(64, 7, 7))
    K = transfer_function(kernel[None], (48, 48)).real[0]  # real and nearly isotropic
    assert (measured_gain(MeasuredBlur(), x, x_hat) - K).abs().max() < 0.05
    assert (measured_gain(MeasuredBlur(), x, x_hat) - K).abs().mean() < 0.01


def test_the_measured_blur_of_natural_images_is_the_kernels_transfer_function():
    kernel = gaussian_kernel(0.7, (7, 7))
    x, x_hat = blurred(natural(64, (54, 54)), kernel)
    K = transfer_function(kernel[None], (48, 48)).real[0]
    assert (measured_gain(MeasuredBlur(), x, x_hat) - K).abs().max() < 0.08


def test_noise_of_its_own_leaves_the_measured_blur_alone():
    x = white(64)
    K = measured_gain(MeasuredBlur(), x, 0.6 * x + white(64, seed=1))
    assert (K - 0.6).abs().max() < 0.1


def test_the_ring_mean_is_numpys():
    x, x_hat = white(3, (8, 10), channels=2), white(3, (8, 10), channels=2, seed=1).add(white(3, (8, 10), 2))
    source = MeasuredBlur(rings=5)
    source.observe(Spectra.of(x, x_hat), (8, 10))
    window = np.outer(*(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n) for n in (8, 10)))

    def spectrum(image):
        image = image.double().numpy()
        return np.fft.fft2((image - image.mean(axis=(2, 3), keepdims=True)) * window)

    X, X_hat = spectrum(x), spectrum(x_hat)
    radius = np.hypot(np.fft.fftfreq(8)[:, None], np.fft.fftfreq(10)[None])
    position = radius / (np.sqrt(2) / 2) * 4
    wanted = []
    for ring in range(5):
        hat = np.clip(1 - abs(position - ring), 0, None)
        wanted.append((hat * (X_hat * X.conj()).real).sum() / (hat * abs(X) ** 2).sum())
    np.testing.assert_allclose(source.gain[1:].numpy(), np.clip(wanted, 0, 1)[1:], rtol=1e-4)
    assert source.gain[0] == source.gain[1]


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (6, 5), (5, 6, 7), (6, 4, 8)])
def test_tapering_a_spectrum_is_tapering_the_image(size):
    image = white(2, size, channels=3).double()
    axes = tuple(range(2, image.ndim))
    centred = image - image.mean(dim=axes, keepdim=True)
    for axis, n in zip(axes, size, strict=True):
        centred = centred * torch.hann_window(n, dtype=torch.float64).view(
            -1, *(1,) * (image.ndim - axis - 1)
        )
    given = taper_spectrum(torch.fft.rfftn(image, dim=axes), size[-1])
    torch.testing.assert_close(given, torch.fft.rfftn(centred, dim=axes))


def test_the_rings_sum_to_one_and_stand_at_the_same_frequencies_for_every_size():
    for size in ((16, 16), (20, 31), (8, 8, 8)):
        basis = ring_basis(size, 12)
        torch.testing.assert_close(basis.sum(dim=0), torch.ones(basis.shape[1:]))
    quarter = ring_basis((16, 16), 12)[:, 0, 4], ring_basis((32, 32), 12)[:, 0, 8]
    torch.testing.assert_close(*quarter)


def test_rings_in_millimetres_follow_the_voxels():
    basis = ring_basis((8, 8), 6, spacing=(1.0, 2.0))
    torch.testing.assert_close(basis[:, 1, 0], basis[:, 0, 2])  # 1/8 per mm along either axis


def test_the_state_moves_only_in_training_and_after_the_loss_used_it():
    x = white()
    loss = WienerBlurLoss(MeasuredBlur(decay=0.5)).train()
    first = loss.per_image(0.3 * x, x)
    assert torch.equal(first, WienerBlurLoss(MeasuredBlur()).eval().per_image(0.3 * x, x))  # K was 1
    torch.testing.assert_close(loss.blur.gain, torch.full((32,), 0.3))
    loss.per_image(0.9 * x, x)
    torch.testing.assert_close(loss.blur.gain, torch.full((32,), (0.3 * 0.25 + 0.9 * 0.5) / 0.75))
    before = loss.blur.gain
    loss.eval().per_image(0.1 * x, x)
    loss.train().energy(0.1 * x, x)
    assert torch.equal(loss.blur.gain, before)


def test_a_validation_without_gradients_is_not_taken_in():
    x, loss = white(), WienerBlurLoss().train()
    with torch.no_grad():
        loss(0.5 * x, x)
    assert loss.blur.batches == 0


def test_until_its_start_all_frequencies_weigh_the_same():
    x, loss = white(), WienerBlurLoss(MeasuredBlur(start=2)).train()
    for _ in range(2):
        assert loss.blur.gain.unique().tolist() == [1.0]
        loss(0.5 * x, x)
    torch.testing.assert_close(loss.blur.gain, torch.full((32,), 0.5))


def test_batches_that_are_not_finite_are_left_out():
    x, blur = white(), MeasuredBlur()
    blur.observe(Spectra.of(x, 0.5 * x), (48, 48))
    before = {name: value.clone() for name, value in blur.state_dict().items()}
    x_hat = x.clone()
    x_hat[0, 0, 0, 0] = float("nan")
    blur.observe(Spectra.of(x, x_hat), (48, 48))
    assert all(torch.equal(value, before[name]) for name, value in blur.state_dict().items())


def test_a_batch_of_one_and_images_without_power_are_taken():
    blur = MeasuredBlur()
    assert measured_gain(blur, torch.zeros(1, 1, 16, 16), torch.zeros(1, 1, 16, 16)).unique() == 0
    x = white(1, (16, 16))
    assert (measured_gain(blur, x, x) > 0.99).all()


def test_the_measured_state_is_saved_and_serves_images_of_any_size():
    x, loss = white(), WienerBlurLoss().train()
    loss(0.5 * x, x)
    assert set(loss.state_dict()) == {"blur.numerator", "blur.denominator", "blur.batches"}
    other = WienerBlurLoss()
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.blur.transfer_function((20, 24)), loss.blur.transfer_function((20, 24)))
    assert other.blur.transfer_function((20, 24)).shape == (1, 20, 13)


def test_no_gradient_flows_through_the_measured_blur():
    x, x_hat = white(), (0.5 * white()).requires_grad_()
    loss = WienerBlurLoss().train()
    for _ in range(2):
        loss(x_hat, x).backward()
    assert x_hat.grad.isfinite().all()
    assert not loss.blur.numerator.requires_grad


def test_evaluated_with_a_measured_blur_it_is_a_dense_gaussian():
    loss = WienerBlurLoss(C=0.1)
    x = white(32, (6, 6))
    loss.train().per_image(0.4 * x, x)
    loss.eval()
    weights = loss.weights((6, 6))
    impulses = torch.eye(36).view(36, 1, 6, 6)
    spectrum = torch.fft.rfft2(impulses) * weights[:, None]
    precision = torch.fft.irfft2(spectrum, s=(6, 6)).flatten(1).double()
    dense = torch.distributions.MultivariateNormal(
        torch.zeros(36).double(), precision_matrix=(precision + precision.T) / (2 * 0.3**2)
    )
    nll = loss.neg_log_likelihood(0 * x, x, 0.3)
    torch.testing.assert_close(nll.double(), -dense.log_prob(x.flatten(1).double()), rtol=1e-4, atol=1e-3)


def test_a_source_that_sees_the_image_gives_no_likelihood():
    loss, x = WienerBlurLoss("least_squares"), white(2, (24, 24))
    assert not loss.is_likelihood
    assert loss(0.5 * x, x).isfinite()
    with pytest.raises(ValueError, match="`blur` must not depend on the image to give a likelihood"):
        loss.neg_log_likelihood(0.5 * x, x, 1.0)


@pytest.mark.parametrize("blur", ["fixed", "measured", "least_squares"])
def test_three_lines_in_anybodys_loop_sharpen(blur):
    """A reconstruction that blurs is told to restore what the blur takes: the gradient grows there."""
    x, x_hat = blurred(natural(size=(52, 52)), gaussian_kernel(1.5, (5, 5)))
    x_hat.requires_grad_()
    loss = WienerBlurLoss(blur=blur)
    for _ in range(2):
        x_hat.grad = None
        loss(x_hat, x).backward()
    gain = torch.fft.rfft2(x_hat.grad).abs().mean(dim=(0, 1)) / torch.fft.rfft2(x_hat - x).abs().mean(
        dim=(0, 1)
    )
    assert gain[0, 8] > 2 * gain[0, 1]


def test_the_default_floor_is_the_sources():
    assert WienerBlurLoss("measured", C=0.1).floor == pytest.approx(1 / 1.21)
    assert WienerBlurLoss("network").floor == pytest.approx(1 / 1.025**2)
    paper = WienerBlurLoss(NetworkBlur(fit="circular"))
    assert paper.floor == WienerBlurLoss("fixed").floor == 1e-8
    assert WienerBlurLoss("measured", floor=0.5).floor == 0.5


def test_the_kernel_network_belongs_to_the_model():
    loss = WienerBlurLoss(NetworkBlur(torch.nn.Linear(4, 9)))
    assert not list(loss.parameters())
    assert not loss.state_dict()


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: MeasuredBlur(rings=2), "`rings` must be an integer of at least 3, got 2"),
        (lambda: MeasuredBlur(decay=1.0), r"`decay` must be in \[0, 1\), got 1.0"),
        (lambda: MeasuredBlur(start=0), "`start` must be an integer of at least 1, got 0"),
        (lambda: MeasuredBlur(spacing=(1.0, 0.0)), "`spacing` must be positive"),
        (lambda: MeasuredBlur(spacing=(1.0,)).transfer_function((8, 8)), "`spacing` must have one number"),
        (lambda: LeastSquaresBlur((4, 4)), "must have odd sizes"),
        (lambda: LeastSquaresBlur((3, 3), ridge=0), "`ridge` must be positive and finite, got 0"),
        (lambda: FixedBlur(torch.ones(2, 2)), "must have odd sizes"),
    ],
)
def test_arguments_out_of_range_are_refused(make, rule):
    with pytest.raises(ValueError, match=rule):
        make()


def test_a_kernel_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match=r"`kernel_size` must fit into an image of size \(8, 8\)"):
        LeastSquaresBlur((11, 11))(white(1, (8, 8)), white(1, (8, 8)))


@pytest.mark.parametrize("cast", [lambda module: module.half(), lambda module: module.to(torch.bfloat16)])
def test_a_cast_to_half_precision_leaves_the_running_sums_as_they_are(cast):
    x = white(4, (16, 16))
    loss = WienerBlurLoss("measured").train()
    loss(x / 3, x)
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    assert cast(loss) is loss
    for name, value in loss.state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name])
    half = x.to(torch.bfloat16)
    loss(half / 3, half)
    assert loss.blur.batches == 2
    assert loss.blur.numerator.dtype == torch.float32
    assert loss.double().blur.numerator.dtype == torch.float64


def _measure_on_a_rank(rank):
    x, blur = white(4 + 2 * rank, (16, 16), seed=rank), MeasuredBlur()
    blur.observe(Spectra.of(x, (0.2 + 0.5 * rank) * x), (16, 16))
    return blur.state_dict()


def test_two_ranks_measure_what_one_process_does_on_both_batches(tmp_path):
    states = on_two_ranks(_measure_on_a_rank, tmp_path)
    x = torch.cat([white(4 + 2 * rank, (16, 16), seed=rank) for rank in range(2)])
    x_hat = torch.cat([0.2 * x[:4], 0.7 * x[4:]])
    whole = MeasuredBlur()
    whole.observe(Spectra.of(x, x_hat), (16, 16))
    for name, value in whole.state_dict().items():
        assert torch.equal(states[0][name], states[1][name])
        torch.testing.assert_close(states[0][name], value)


@pytest.mark.parametrize("size", [(20, 24), (14, 12, 16)])
@pytest.mark.parametrize("name", ["fixed", "least_squares"])
def test_a_source_by_its_name_has_11_pixels_along_every_axis_of_the_images(name, size):
    x = white(2, size)
    x_hat = 0.5 * x + 0.5 * x.roll(1, -1)
    kernel_size = (11,) * len(size)
    same = FixedBlur.gaussian(2.0, kernel_size) if name == "fixed" else LeastSquaresBlur(kernel_size)
    torch.testing.assert_close(WienerBlurLoss(name)(x_hat, x), WienerBlurLoss(same)(x_hat, x))


@pytest.mark.parametrize("blur", [FixedBlur.gaussian(2.0, (3, 3)), LeastSquaresBlur((3, 3))])
def test_a_kernel_of_fewer_axes_than_the_images_is_refused(blur):
    x = white(2, (8, 8, 8))
    with pytest.raises(ValueError, match=r"` must fit into an image of size \(8, 8, 8\), got .*\(3, 3\)"):
        WienerBlurLoss(blur)(x, x)
