"""What every test shares: one thread, no display, and annotations of shape checked while tests run."""

from pathlib import Path

import matplotlib as mpl
import pytest
import torch
from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

from tests.other_weights import write_vgg, write_watson
from tests.shims import fake_torchvision_operators

mpl.use("Agg")
fake_torchvision_operators()
torch.set_num_threads(1)

check_types = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""Checks annotations as PEP 484 reads them: an int is a float too."""

install_import_hook(
    ["monai_blurvae.functional", "monai_blurvae.losses", "monai_blurvae.metrics", "monai_blurvae.priors"],
    f"{__name__}.check_types",
)


@pytest.fixture(scope="session")
def other_weights(tmp_path_factory) -> Path:
    """A folder for TORCH_HOME with random weights in place of other people's: VGG16's, and Watson's."""
    folder = tmp_path_factory.mktemp("other_weights")
    write_vgg(folder / "hub" / "checkpoints" / "vgg16-397923af.pth")
    for channels in (1, 3):
        write_watson(folder / f"watson{channels}.pth", channels)
    return folder
