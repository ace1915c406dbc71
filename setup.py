"""The wheel carries the bundle, for `python -m monai_blurvae.workflow.init`."""

import shutil
from pathlib import Path
from runpy import run_path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
INIT = ROOT / "monai_blurvae" / "workflow" / "init.py"


class BuildWithBundle(build_py):
    """Write the bundle, with its weights, and the overlays into the package."""

    def run(self) -> None:
        """Build the package, then write."""
        super().run()
        if not self.editable_mode:
            workspace = Path(self.build_lib, "monai_blurvae", "workspace")
            shutil.rmtree(workspace, ignore_errors=True)
            for path in run_path(str(INIT))["bundle_files"](ROOT):
                target = workspace / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


setup(cmdclass={"build_py": BuildWithBundle})
