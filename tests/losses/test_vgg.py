import sys
from pathlib import Path

import lpips
import pytest
import torch

from monai_blurvae.losses import VGGLoss

FILE = Path("hub", "checkpoints", "vgg16-397923af.pth")


@pytest.fixture
def loss(other_weights, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(other_weights))
    return VGGLoss()


def pair(channels, size=16):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 2, channels, size, size, generator=generator) * 2 - 1


@pytest.fixture
def original(other_weights):
    """The package's own module, with the same weights."""
    with torch.device("meta"), pytest.warns(UserWarning, match="deprecated"):
        module = lpips.LPIPS(net="vgg", pnet_rand=True, pretrained=False, verbose=False)
    trunk = torch.load(other_weights / FILE, weights_only=True)
    names = [name for name in module.state_dict() if name.startswith("net.")]
    state = {name: trunk[f"features.{name.split('.', 2)[2]}"] for name in names}
    shipped = Path(lpips.__file__).parent / "weights" / "v0.1" / "vgg.pth"
    layers = torch.load(shipped, map_location="cpu", weights_only=True)
    module.load_state_dict({**state, **layers}, strict=False, assign=True)
    module.scaling_layer = lpips.ScalingLayer()
    return module.eval()


def test_it_is_the_packages_distance_times_the_number_of_values(loss, original):
    x_hat, x = pair(3)
    x_hat.requires_grad_()
    given, wanted = loss.per_image(x_hat, x), original(x_hat, x).flatten() * 768
    torch.testing.assert_close(given, wanted, rtol=1e-4, atol=0)
    gradients = [torch.autograd.grad(value.sum(), x_hat)[0] for value in (given, wanted)]
    assert (gradients[0] - gradients[1]).norm() < 1e-3 * gradients[1].norm()


def test_a_grey_image_is_one_of_three_equal_channels(loss):
    x_hat, x = pair(1)
    colour = loss.per_image(x_hat.expand(-1, 3, -1, -1), x.expand(-1, 3, -1, -1))
    torch.testing.assert_close(loss.per_image(x_hat, x), colour / 3)  # a third of the values


def test_training_mode_changes_nothing(loss):
    x_hat, x = pair(1)
    assert torch.equal(loss.train()(x_hat, x), loss.eval()(x_hat, x))


def test_the_network_is_fixed_and_travels_with_nothing(loss):
    assert not list(loss.parameters())
    assert not loss.state_dict()
    assert all(buffer.device.type == "cpu" for buffer in loss.buffers())


@pytest.mark.parametrize("shape", [(1, 2, 16, 16), (1, 1, 16, 16, 16), (1, 3, 16, 8)])
def test_images_that_the_network_cannot_take_are_refused(loss, shape):
    with pytest.raises(
        ValueError, match="`target` must be 2D images of 1 or 3 channels and at least 16 pixels"
    ):
        loss.per_image(torch.zeros(shape), torch.zeros(shape))


@pytest.mark.parametrize(("name", "value"), [("channels", 2), ("spatial_dims", 3)])
def test_other_images_are_refused_before_any_weights_are_read(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be .* got {value}"):
        VGGLoss(**{name: value})


def test_missing_weights_say_where_to_put_them(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"vgg16-397923af\.pth"):
        VGGLoss()


@pytest.mark.parametrize("content", [b"no weights", None])
def test_a_damaged_or_another_file_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    torch.save({"weight": torch.zeros(3)}, path)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"must be torchvision's vgg16-397923af\.pth"):
        VGGLoss()


def test_without_the_package_the_refusal_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "lpips", None)
    with pytest.raises(ImportError, match=r"pip install 'monai-blurvae\[perceptual\]'"):
        VGGLoss()


def test_it_is_no_likelihood_and_needs_no_kernel():
    assert not VGGLoss.is_likelihood
    assert not VGGLoss.needs_kernel_net
