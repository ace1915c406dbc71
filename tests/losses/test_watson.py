import pytest
import torch

from monai_blurvae.functional import WatsonWeights, luma_chroma, watson_distance
from monai_blurvae.losses import WatsonLoss


@pytest.fixture(params=[1, 3])
def channels(request):
    return request.param


@pytest.fixture
def file(other_weights, channels):
    return other_weights / f"watson{channels}.pth"


def pair(channels, size=16):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 2, channels, size, size, generator=generator) * 2 - 1


def stored(path, prefix=""):
    """What a plane's entries in the file stand for, by their authors' definitions."""
    state = torch.load(path, weights_only=True)
    phase = state[f"{prefix}w_phase_tild"].exp()
    for i, j in ((0, 0), (0, 4), (4, 0), (4, 4)):
        phase[i, j] = 0
    return WatsonWeights(
        state[f"{prefix}t_tild"].exp(),
        state[f"{prefix}alpha"],
        1 / (1 + (-state[f"{prefix}w_tild"]).exp()),
        state[f"{prefix}beta"],
        phase,
    )


def test_grey_images_have_the_distance_of_their_values_on_the_unit_range(other_weights):
    path = other_weights / "watson1.pth"
    x_hat, x = pair(1)
    wanted = watson_distance((x_hat[:, 0] + 1) / 2, (x[:, 0] + 1) / 2, stored(path))
    torch.testing.assert_close(WatsonLoss(path, shift=False).per_image(x_hat, x), wanted)


def test_colour_images_have_the_mixed_distances_of_luma_and_chroma(other_weights):
    path = other_weights / "watson3.pth"
    x_hat, x = pair(3)
    planes_hat, planes = luma_chroma((x_hat + 1) / 2), luma_chroma((x + 1) / 2)
    mixture = torch.load(path, weights_only=True)["w_tild"].exp()
    wanted = sum(
        mixture[i] / mixture.sum() * watson_distance(planes_hat[:, i], planes[:, i], stored(path, prefix))
        for i, prefix in enumerate(("ly.", "lcb.", "lcr."))
    )
    torch.testing.assert_close(WatsonLoss(path, shift=False).per_image(x_hat, x), wanted)


def test_while_training_the_grid_moves_by_the_seed_and_in_evaluation_it_rests(file, channels):
    loss, images = WatsonLoss(file), pair(channels)
    values = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        values.append(loss.per_image(*images))
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])
    assert torch.equal(loss.eval().per_image(*images), WatsonLoss(file, shift=False).per_image(*images))


def test_every_shift_compares_pixels_of_the_padded_image(other_weights):
    loss = WatsonLoss(other_weights / "watson1.pth")
    flat, other = -torch.ones(1, 1, 16, 16), torch.zeros(1, 1, 16, 16)
    wanted = loss.eval().per_image(flat, other)  # borders repeat: a flat image stays flat
    loss.train()
    for _ in range(5):
        torch.testing.assert_close(loss.per_image(flat, other), wanted)


def test_it_stays_in_float64_and_passes_gradcheck(file, channels):
    x_hat, x = (image[:1, :, :8, :8].double().requires_grad_() for image in pair(channels))
    loss = WatsonLoss(file, shift=False)
    assert loss.per_image(x_hat, x).dtype == torch.float64
    assert torch.autograd.gradcheck(loss, (x_hat, x))


def test_images_of_other_channels_or_axes_are_refused(file, channels):
    loss = WatsonLoss(file)
    assert loss.channels == channels
    for shape in ((1, 4 - channels, 16, 16), (1, channels, 16, 16, 16)):
        with pytest.raises(ValueError, match=f"`target` must be 2D images of {channels} channels"):
            loss.per_image(torch.zeros(shape), torch.zeros(shape))


def test_a_file_for_other_channels_or_axes_is_refused_at_once(file, channels):
    assert WatsonLoss(file, channels=channels).channels == channels
    with pytest.raises(ValueError, match=rf"for images of {4 - channels} channel.*for {channels}$"):
        WatsonLoss(file, channels=4 - channels)
    with pytest.raises(ValueError, match=r"`spatial_dims` must be 2 .* got 3"):
        WatsonLoss(file, spatial_dims=3)


def test_without_a_file_the_refusal_says_which_and_from_where():
    with pytest.raises(ValueError, match=r"`watson_weights` must be the path of gray_watson_fft_trial0\.pth"):
        WatsonLoss(None)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`watson_weights` must be a file .*got '.*nothing\.pth'"):
        WatsonLoss(tmp_path / "nothing.pth")


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04", b"root:x:0:0:root:/bin/sh\n"])
def test_a_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "damaged.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="unreadable"):
        WatsonLoss(path)


def test_half_a_file_is_refused(tmp_path, file):
    path = tmp_path / "half.pth"
    path.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ValueError, match="unreadable"):
        WatsonLoss(path)


@pytest.mark.parametrize(
    "content", [{"weight": torch.zeros(3)}, torch.zeros(3), {"t_tild": torch.zeros(8, 8), "alpha": 1.0}]
)
def test_a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "else.pth"
    torch.save(content, path)
    with pytest.raises(ValueError, match="which holds something else"):
        WatsonLoss(path)


def test_it_is_no_likelihood_and_needs_no_kernel():
    assert not WatsonLoss.is_likelihood
    assert not WatsonLoss.needs_kernel_net
