"""The commands of configs/README.md, read as a shell reads them, and tiny data sets under their names."""

import re
import shlex
import shutil
from ast import literal_eval
from pathlib import Path
from typing import NamedTuple

from fire.parser import DefaultParseValue

from tests.bundle.conftest import BUNDLE, ROOT, write_volume
from tests.image_folders import write_batches, write_faces
from tests.other_weights import write_watson

PAGE = ROOT / "configs" / "README.md"
TRAINING = "python -m monai.bundle run training "


class Command(NamedTuple):
    """A training command and what the page says it makes."""

    line: str
    rows: tuple[tuple[str, str, str], ...]
    """(table, data set, setting) of every row of the paper's tables."""

    @property
    def options(self) -> dict[str, str]:
        words = shlex.split(self.line.removeprefix(TRAINING))
        return {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}

    @property
    def files(self) -> list[str]:
        return literal_eval(self.options["config_file"])

    @property
    def overrides(self) -> dict[str, object]:
        """Settings, read as MONAI's command line reads them: 0.01 is a number."""
        options = self.options.items()
        return {name: DefaultParseValue(value) for name, value in options if name != "config_file"}

    @property
    def name(self) -> str:
        settings = [
            name for name in self.overrides if name not in {"dataset_dir", "run_name", "watson_weights"}
        ]
        return "+".join([*(Path(file).stem for file in self.files[1:]), *settings])


def commands_of_the_page() -> list[Command]:
    """Every training command, with the rows that the comment above it names."""
    found, comment = [], ""
    for line in PAGE.read_text().splitlines():
        if line.startswith(TRAINING):
            dataset = comment.partition(", table ")[0]
            rows = re.findall(r"table (\d): (.+?)(?= \| |$)", comment)
            found.append(Command(line, tuple((table, dataset, setting) for table, setting in rows)))
            comment = ""
        elif line.startswith("# "):
            comment = line.removeprefix("# ")
    return found


def write_workspace(folder: Path) -> Path:
    """The repository's root as the page's commands see it, with data sets and weight files beside it."""
    shutil.copytree(BUNDLE, folder / "bundle", ignore=shutil.ignore_patterns("runs", "models"))
    (folder / "configs").symlink_to(ROOT / "configs")
    write_faces(folder / "img_align_celeba", 8)
    write_faces(folder / "celeba-hq", 8, 64, 64)
    write_batches(folder / "cifar-10-batches-py", 4)
    for dataset in ("hcp", "t1_brain"):
        for seed in range(4):
            write_volume(folder / dataset / f"sub-{seed:02d}_T1w.nii.gz", seed)
    write_watson(folder / "rgb_watson_fft_trial0.pth", channels=3)
    return folder
