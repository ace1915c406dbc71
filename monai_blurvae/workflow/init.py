"""Write the bundle, with its weights, and the overlays into a folder."""

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
PARTS = (
    *(f"bundle/{part}" for part in ("LICENSE", "configs/*", "docs/*", "models/**/*")),
    *("configs/*.yaml", "configs/README.md"),
)
LEFT_OUT = {"anomaly.json"}
"""Configurations that need experiments/ of the repository, which is not in the package."""


def bundle_files(source: str | Path) -> Iterator[Path]:
    """List what belongs to a bundle that needs only the package.

    Args:
        source: folder that holds `bundle/` and `configs/`.

    Yields:
        Files.
    """
    for part in PARTS:
        for path in sorted(Path(source).glob(part)):
            if path.is_file() and path.name not in LEFT_OUT:
                yield path


def init(folder: str | Path) -> Path:
    """Write `bundle/` and `configs/` into a folder, where the documented commands then work.

    They come from the installed package, or from the checkout that contains it. Configurations that
    need more of the repository than the package are left out.

    Args:
        folder: the folder; made if it does not exist.

    Returns:
        The bundle's folder.

    Raises:
        FileExistsError: If the folder is a file, or has a `bundle` or `configs` already.
    """
    from monai_blurvae.files import replacing  # here, since setup.py reads this file where there is no torch

    folder = Path(folder)
    if folder.is_file():
        raise FileExistsError(f"`folder` must be a folder or a new name, got the file {folder}")
    packaged = PACKAGE / "workspace"
    source = packaged if packaged.is_dir() else PACKAGE.parent
    for name in ("bundle", "configs"):
        if (folder / name).exists():
            raise FileExistsError(f"`folder` must have no {name} yet, got {folder}, which has one")
    for path in bundle_files(source):
        with replacing(folder / path.relative_to(source)) as partial:
            shutil.copyfile(path, partial)
    return folder / "bundle"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the bundle into the folder that the command line names.

    Args:
        arguments: words of the command; None: of the command line.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="blurvae init", description=__doc__)
    parser.add_argument("folder", help="where to write; made if it does not exist")
    options = parser.parse_args(arguments)
    bundle = init(options.folder)
    sys.stdout.write(f"Bundle: {bundle}\nTrain in {options.folder}: blurvae train --dataset_dir DIR\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
