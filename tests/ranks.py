"""A function on two processes (gloo, CPU), as `torchrun` would start it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing

import tests.conftest  # noqa: F401 - what every test shares, in the new processes too


def _run(rank: int, function: Callable[..., Any], folder: Path, arguments: tuple[Any, ...]) -> None:
    store = distributed.FileStore(str(folder / "store"), 2)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=2)
    torch.save(function(rank, *arguments), folder / f"{rank}.pt")
    store.set(f"done{rank}", "")
    store.wait(["done0", "done1"])
    os._exit(0)  # tearing a gloo group down has hung for ever, seen once in some hundred runs of the suite


def on_two_ranks(function: Callable[..., Any], folder: Path, *arguments: Any) -> list[Any]:
    """What `function(rank, *arguments)` returns on each of two ranks; `folder` must be empty."""
    multiprocessing.spawn(_run, (function, folder, arguments), nprocs=2)
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]
