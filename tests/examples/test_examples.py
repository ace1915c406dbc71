"""Every example runs from its command line to its picture, on tiny volumes and for two steps."""

import math
import re
import runpy
import sys
from pathlib import Path

import jupytext
import matplotlib.image
import pytest

from scripts.notebooks import NAMES, notebook_of
from tests.bundle.conftest import write_volume

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in {"picture", "scan", "shared"})
MEASURES = re.compile(r"^(.+): PSNR (.+) dB, resolved (.+) cycles per pixel, KL (.+) nats$", re.MULTILINE)
NRMSE = re.compile(r"^(.+): NRMSE (.+) %$", re.MULTILINE)


@pytest.fixture(scope="session")
def volumes(tmp_path_factory):
    """Three training subjects and one for the test, large enough for a patch of 64 x 64 pixels."""
    folder = tmp_path_factory.mktemp("volumes")
    for part, seeds in (("train", (0, 1, 2)), ("test", (3,))):
        for seed in seeds:
            write_volume(folder / part / f"sub-{seed:02d}_T1w.nii.gz", seed, shape=(80, 76, 36))
    return folder


@pytest.fixture
def run(volumes, tmp_path, monkeypatch, capsys):
    """Run an example as a command; give its output and its picture's shape (rows, columns, 4)."""
    monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(FOLDER)

    def go(name, *options):
        picture = tmp_path / "pictures" / f"{name}.png"
        command = [f"{name}.py", "--data", str(volumes), "--steps", "2", "--output", str(picture)]
        monkeypatch.setattr(sys, "argv", [*command, *options])
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out, matplotlib.image.imread(picture)

    return go


def check(printed, networks):
    found = MEASURES.findall(printed)
    assert [name for name, *_ in found] == networks
    assert all(math.isfinite(float(value)) for _, *values in found for value in values)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_has_the_cells_of_its_script(name):
    """If not: `python -m scripts.notebooks`."""
    notebook, made = jupytext.read(FOLDER / f"{name}.ipynb"), notebook_of(name)
    assert [dict(cell) for cell in notebook.cells] == [dict(cell) for cell in made.cells]
    assert notebook.cells[0].source.startswith("# ")


def test_the_gallery_is_what_is_tested():
    assert EXAMPLES == [
        "autoencoder_kl_tutorial",
        "deepinv_reconstructor",
        "ismrmrd_file",
        "lightning_module",
        "monai_supervised_trainer",
        "mrpro_functional",
        "sigpy_app",
        "your_own_loop",
    ]


@pytest.mark.parametrize("spatial_dims", ["2", "3"])
def test_your_own_loop(run, spatial_dims):
    printed, picture = run("your_own_loop", "--spatial_dims", spatial_dims)
    check(printed, ["mean L1", "measured blur"])
    assert picture.std() > 0


def test_monai_supervised_trainer(run):
    printed, picture = run("monai_supervised_trainer")
    check(printed, ["mean L1", "measured blur"])
    assert picture.std() > 0


@pytest.mark.filterwarnings("default")  # Lightning's advice on workers and learning rates
def test_lightning_module(run):
    pytest.importorskip("lightning", reason="needs the extra `examples`", exc_type=ImportError)
    printed, picture = run("lightning_module")
    check(printed, ["mean L1", "measured blur"])
    assert picture.std() > 0


@pytest.mark.parametrize(
    ("name", "needs", "extra"),
    [("lightning_module", "lightning", "examples"), ("mrpro_functional", "mrpro", "mrpro")],
)
def test_without_its_package_an_example_says_what_to_install(name, needs, extra, run, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, needs, None)
    with pytest.raises(SystemExit) as end:
        run(name)
    assert end.value.code is None
    assert f"pip install 'monai-blurvae[{extra}]'" in capsys.readouterr().out


def test_the_autoencoder_kl_tutorial(run):
    printed, picture = run("autoencoder_kl_tutorial")
    check(printed, ["L1 + discriminator", "measured + discriminator", "measured blur only"])
    assert picture.std() > 0


@pytest.mark.parametrize(
    ("name", "needs", "images"),
    [
        (
            "deepinv_reconstructor",
            "deepinv",
            ["adjoint", "total variation", "prior", "prior, maps estimated"],
        ),
        ("ismrmrd_file", "ismrmrd", ["zero-filled", "total variation", "mixture"]),
        ("mrpro_functional", "mrpro", ["zero-filled", "SENSE", "prior"]),
        ("sigpy_app", "sigpy", ["zero-filled", "sigpy's wavelets", "prior"]),
    ],
)
def test_a_reconstruction(name, needs, images, run):
    pytest.importorskip(needs, exc_type=ImportError)
    printed, picture = run(name)
    errors = dict(NRMSE.findall(printed))
    assert list(errors) == images
    assert all(0 < float(error) < 100 for error in errors.values())
    assert picture.std() > 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_begins_with_a_title_and_text_and_has_cells_of_both_kinds(name):
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    quotes, title, rule, blank, text, *_ = source.split("\n")
    assert quotes == '"""'
    assert rule == "=" * len(title)
    assert (blank, bool(text)) == ("", True)
    texts, codes = source.count("\n# %% [markdown]\n"), source.count("\n# %%\n")
    assert texts == codes >= 4
