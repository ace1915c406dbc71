"""Stand-ins for what a test machine lacks. Only tests use them."""

import torch

_libraries: list[torch.library.Library] = []
"""An operator lives as long as the library that defined it."""


def fake_torchvision_operators() -> None:
    """Declare the two operators that `import torchvision` asks torch for, with no code behind them.

    The torchvision of the package index is built for the CUDA build of torch. Beside a CPU build its
    compiled operators do not load, and `import torchvision` ends with "operator torchvision::nms does not
    exist"; so do the imports of lpips, torchmetrics and deepinv. The tests need only its networks, which are
    plain Python: with the operators declared, the import works. What users see without this is tested in
    test_environment.py. Beside a CUDA build of torch nothing is faked.
    """
    if torch.version.cuda is not None:
        return
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _libraries.append(library)
