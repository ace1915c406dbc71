"""What every test shares: one thread, no display, and annotations of shape checked while tests run."""

import matplotlib as mpl
import torch
from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

mpl.use("Agg")
if torch.version.cuda is None:  # torchvision has no CPU build: its import asks for operators of its library
    _torchvision = torch.library.Library("torchvision", "DEF")
    for _operator in ("nms", "qnms"):
        _torchvision.define(f"{_operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
torch.set_num_threads(1)

check_types = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""Checks annotations as PEP 484 reads them: an int is a float too."""

install_import_hook(
    ["monai_blurvae.functional", "monai_blurvae.losses", "monai_blurvae.metrics"],
    f"{__name__}.check_types",
)
