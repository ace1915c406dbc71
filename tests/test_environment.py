"""What the declared dependencies promise, and what users see where the installed ones do not fit."""

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages

import pytest
import torch
from packaging.requirements import Requirement
from packaging.version import Version

import monai_blurvae
from monai_blurvae.extras import from_extra

ROOT = Path(__file__).parent.parent
unfit = pytest.mark.skipif(
    torch.version.cuda is not None or find_spec("torchvision") is None,
    reason="needs a CPU build of torch beside the package index's torchvision",
)


def requirements(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def declared() -> list[Requirement]:
    """The dependencies of the package with the extra `mri`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["mri"]]
    return [Requirement(line) for line in lines]


def exact(pin: Requirement) -> str:
    """The version of `name==version`."""
    return str(pin.specifier).removeprefix("==")


def run_without_shims(statement: str) -> str:
    """Run a statement as a user would, and return what it wrote to the standard error."""
    command = [sys.executable, "-W", "ignore", "-c", statement]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False).stderr


def test_every_module_can_be_imported():
    modules = [module.name for module in walk_packages(monai_blurvae.__path__, "monai_blurvae.")]
    assert len(modules) > 100
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:  # an extra that is not installed says so
            if "pip install 'monai-blurvae[" not in str(error):
                raise


@unfit
@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("lpips", "from monai_blurvae.losses import VGGLoss; VGGLoss()"),
        ("deepinv.optim", "import monai_blurvae.priors.adapters.deepinv"),
        (
            "torchmetrics.image",
            "from monai_blurvae.metrics import lpips; raise ImportError(lpips(2, 1, 64).compute().reason)",
        ),
    ],
)
def test_a_torchvision_built_for_another_torch_is_named_with_the_way_out(
    module, statement, tmp_path, monkeypatch
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "alexnet-owt-7be5be79.pth").touch()
    *_, last = run_without_shims(statement).splitlines()
    assert last.startswith("ImportError: ")
    assert f"`{module}` needs torchvision, but torchvision {version('torchvision')}" in last
    assert f"was not built for torch {version('torch')}" in last
    assert re.search(r"pip install --force-reinstall --no-deps 'torchvision==0\.\d+\.\*' --index-url", last)


def test_the_torchvision_named_is_that_of_the_constraints(monkeypatch):
    pinned = {requirement.name: exact(requirement) for requirement in requirements("constraints.txt")}

    def fails(_):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("monai_blurvae.extras.version", pinned.get)
    monkeypatch.setattr("monai_blurvae.extras.import_module", fails)
    with pytest.raises(ImportError, match=re.escape(pinned["torchvision"].rpartition(".")[0] + ".*")):
        from_extra("torchvision")


def test_another_error_of_an_import_stays_as_it_is(monkeypatch):
    def fails(_):
        raise RuntimeError("no GPU")

    monkeypatch.setattr("monai_blurvae.extras.import_module", fails)
    with pytest.raises(RuntimeError, match="no GPU"):
        from_extra("deepinv")


def test_the_pinned_versions_are_allowed():
    pinned = {requirement.name: requirement for requirement in requirements("constraints.txt")}
    for requirement in declared():
        assert requirement.specifier.contains(exact(pinned[requirement.name])), requirement


def test_the_floors_are_the_lowest_allowed_versions():
    floors = {requirement.name: exact(requirement) for requirement in requirements("constraints-floors.txt")}
    for requirement in declared():
        lowest = next(bound.version for bound in requirement.specifier if bound.operator == ">=")
        if requirement.name != "torch":  # no CPU build of its floor is on the package index
            assert Version(lowest) == Version(floors[requirement.name]), requirement
    assert floors.keys() == {requirement.name for requirement in declared()}


def test_the_losses_start_with_torch_only():
    heavy = "monai", "ignite", "torchio", "skimage", "scipy", "matplotlib", "nibabel"
    code = f"import monai_blurvae.losses, sys; print([name for name in {heavy} if name in sys.modules])"
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, cwd=ROOT, encoding="utf-8").strip() == "[]"
