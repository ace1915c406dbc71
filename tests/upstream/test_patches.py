"""The files that docs/upstream offers to MONAI, against our formulas and the installed MONAI."""

import os
import shutil
import subprocess
import unittest
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import monai
import pytest
import torch

from monai_blurvae.blur import FixedBlur, LeastSquaresBlur, MeasuredBlur, Spectra
from monai_blurvae.losses import WienerBlurLoss
from tests.pages import run_python_blocks

UPSTREAM = Path(__file__).parents[2] / "docs" / "upstream"
C = 0.025
UNBLURRED = 1 / (1 + C) ** 2
"""Our default floor for all sources but the fixed blur, and the only default there."""
SHAPES = [(3, 1, 24, 24), (2, 3, 21, 20), (2, 2, 12, 11, 10)]


def load(path: Path):
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def upstream_loss():
    return load(UPSTREAM / "wiener_blur_loss.py").WienerBlurLoss


def failures_of(path: Path) -> tuple[int, set[str]]:
    """Run a file of MONAI's tests: how many ran, and which failed, by the methods' names."""
    suite, result = unittest.defaultTestLoader.loadTestsFromModule(load(path)), unittest.TestResult()
    suite.run(result)
    failed = {str(test).split()[0].rstrip("0123456789_") for test, _ in result.failures + result.errors}
    return result.testsRun, failed


def patched(folder: Path, patch: str, *names: str) -> Path:
    """Copy installed files of MONAI and apply a patch to them, without its changes of other files."""
    installed = Path(monai.__file__).parents[1]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(installed / name, folder / name)
    command = ["git", "apply", "--exclude=docs/*", "--exclude=tests/losses/test_spectral_loss.py"]
    outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    subprocess.run([*command, str(UPSTREAM / patch)], cwd=folder, env=outside, check=True)
    return folder


def example(shape, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    x_hat = (x + x.roll(1, 2) + x.roll(1, 3)) / 3 + 0.1 * torch.randn(
        shape, generator=generator, dtype=torch.float64
    )
    return x_hat.to(dtype).requires_grad_(), x.to(dtype)


def agree(ours, theirs, x_hat, x, rtol, *blur):
    """The values of the images and the gradient are the same."""
    values = ours(x_hat, x), theirs(x_hat, x, *blur)
    torch.testing.assert_close(*values, rtol=rtol, atol=0)
    gradients = [torch.autograd.grad(value.sum(), x_hat)[0] for value in values]
    torch.testing.assert_close(*gradients, rtol=rtol, atol=rtol * float(gradients[0].abs().max()))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("scale", "theirs"), [("optimal", None), (0.4, 0.4)])
@pytest.mark.parametrize("floor", [1e-8, UNBLURRED])
def test_a_given_kernel_is_our_fixed_blur(shape, scale, theirs, floor):
    x_hat, x = example(shape)
    kernel = torch.rand((3,) * (len(shape) - 2), generator=torch.Generator().manual_seed(1))
    ours = WienerBlurLoss(FixedBlur(kernel), C, scale=scale, floor=floor, reduction="none")
    given = upstream_loss()(kernel, wiener_constant=C, floor=floor, scale=theirs, reduction="none")
    agree(ours, given, x_hat, x, 1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_least_squares_is_ours(shape):
    size = (3, 5, 3)[: len(shape) - 2]
    ours = WienerBlurLoss(LeastSquaresBlur(size), reduction="none")
    agree(ours, upstream_loss()(kernel_size=size, reduction="none"), *example(shape), 1e-5)


def test_a_transfer_function_is_our_measured_blur():
    x_hat, x = example((3, 1, 24, 24))
    blur = MeasuredBlur()
    blur.observe(Spectra.of(x, x_hat), (24, 24))
    ours = WienerBlurLoss(blur, C, reduction="none").eval()
    agree(ours, upstream_loss()(reduction="none"), x_hat, x, 1e-5, blur.transfer_function((24, 24)))


def test_in_double_precision_both_agree_to_its_rounding():
    x_hat, x = example((2, 1, 24, 24), torch.float64)
    kernel = torch.rand(3, 5, dtype=torch.float64)
    ours = WienerBlurLoss(FixedBlur(kernel), floor=UNBLURRED, reduction="none")
    agree(ours, upstream_loss()(kernel, reduction="none"), x_hat, x, 1e-12)
    ours = WienerBlurLoss(LeastSquaresBlur((5, 5)), reduction="none")
    agree(ours, upstream_loss()(kernel_size=5, reduction="none"), x_hat, x, 1e-10)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_reductions_are_over_the_images(reduction):
    x_hat, x = example((3, 1, 24, 24))
    theirs = upstream_loss()(kernel_size=5, reduction=reduction)(x_hat, x)
    torch.testing.assert_close(
        theirs, WienerBlurLoss(LeastSquaresBlur((5, 5)), reduction=reduction)(x_hat, x)
    )


def test_the_unit_test_passes_with_the_installed_monai(monkeypatch):
    monkeypatch.setattr(monai.losses, "WienerBlurLoss", upstream_loss(), raising=False)
    count, failed = failures_of(UPSTREAM / "test_wiener_blur_loss.py")
    assert count > 30
    assert not failed


@pytest.mark.parametrize(
    ("patch", "changed", "new"),
    [
        (
            "wiener_blur_loss.patch",
            "monai/losses/__init__.py",
            ["monai/losses/wiener_blur_loss.py", "tests/losses/test_wiener_blur_loss.py"],
        ),
        ("jukebox_loss.patch", "monai/losses/spectral_loss.py", ["tests/losses/test_jukebox_loss.py"]),
    ],
)
def test_the_patch_applies_and_brings_the_files_shown_beside_it(tmp_path, patch, changed, new):
    folder = patched(tmp_path, patch, changed)
    installed = (Path(monai.__file__).parents[1] / changed).read_bytes()
    assert (folder / changed).read_bytes() != installed
    for name in new:
        assert (folder / name).read_bytes() == (UPSTREAM / Path(name).name).read_bytes()


@pytest.mark.parametrize("page", ["proposal.md", "jukebox_report.md"])
def test_the_examples_of_the_issues_run(page, monkeypatch, capsys):
    monkeypatch.setattr(monai.losses, "WienerBlurLoss", upstream_loss(), raising=False)
    run_python_blocks(UPSTREAM / page)
    assert capsys.readouterr().out == ("tensor(True)\n" if page == "jukebox_report.md" else "")


def test_the_jukebox_loss_of_the_installed_monai_has_both_bugs():
    _, failed = failures_of(UPSTREAM / "test_jukebox_loss.py")
    assert failed == {
        "test_gradient_is_finite_where_the_amplitude_is_zero",
        "test_channels_are_transformed_one_by_one",
        "test_signal_size_is_that_of_the_spatial_dimensions",
    }


def test_the_patched_jukebox_loss_has_neither(tmp_path, monkeypatch):
    folder = patched(tmp_path, "jukebox_loss.patch", "monai/losses/spectral_loss.py")
    mended = load(folder / "monai/losses/spectral_loss.py").JukeboxLoss
    monkeypatch.setattr(monai.losses, "JukeboxLoss", mended)
    count, failed = failures_of(UPSTREAM / "test_jukebox_loss.py")
    assert count == 8
    assert not failed


def test_on_one_channel_the_patch_changes_no_value(tmp_path):
    folder = patched(tmp_path, "jukebox_loss.patch", "monai/losses/spectral_loss.py")
    mended = load(folder / "monai/losses/spectral_loss.py").JukeboxLoss
    x_hat, x = example((3, 1, 24, 24))
    torch.testing.assert_close(mended(2)(x_hat, x), monai.losses.JukeboxLoss(2)(x_hat, x))
