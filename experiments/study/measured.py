"""Measured k-space, reconstructed by every method and judged by samples that none of them saw."""

import time
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from experiments.study.files import MEASURED, measured_name
from experiments.study.ledger import Ledger, Record, digest, read_ledgers
from experiments.study.methods import Runnable
from experiments.study.plan import Method, Plan
from experiments.study.run import save_image
from experiments.study.tuning import best_weight
from monai_blurvae.mri import (
    CartesianEncoding,
    espirit_maps,
    held_back_residual,
    hold_back,
    read_kspace,
    sampled_mask,
)


class MeasuredRun:
    """The reconstructions of one slice of measured k-space.

    A share of the samples outside of the centre is held back from everything. Of the rest as large a share is
    held back to choose the weight: that of the least residual on it. The reconstruction with that weight then
    sees all but the first share, on which its residual is recorded. Coil maps are ESPIRiT's, from the centre,
    of which nothing is held back.

    Args:
        plan: the study.
        path: the file of k-space; H runs to posterior, W to left, as the models' images do.
        methods: ready to run.
        folder: the study's output.
        device: where reconstructions are computed.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds no k-space, or nothing of it can be held back.
    """

    def __init__(
        self, plan: Plan, path: str | Path, methods: Sequence[Runnable], folder: Path, device: str = "cpu"
    ) -> None:
        settings = plan.measured
        self.plan = plan
        self.methods = methods
        self.folder = folder
        self.device = device
        self.y = read_kspace(path, [settings["slice"]])
        share, centre = settings["share"], settings["centre"]
        self.seen, self.held = hold_back(sampled_mask(self.y), share, centre, plan.seed)
        self.fitted, self.choice = hold_back(self.seen, share, centre, plan.seed + 1)
        source = (digest(self.y.numpy().tobytes()), sorted(settings.items()), plan.seed)
        self.identities = [digest(item.method.name, item.identity, source) for item in methods]
        self._ledger = Ledger(folder, MEASURED)
        self._done = {_key(record): record for record in read_ledgers(folder, MEASURED)}
        self._maps: Tensor | None = None

    def __call__(self) -> int:
        """Do what is missing.

        Returns:
            How many reconstructions were computed.

        Raises:
            ValueError: If coil maps cannot be estimated.
        """
        before = len(self._done)
        for runnable, identity in zip(self.methods, self.identities, strict=True):

            def error(weight: float, runnable: Runnable = runnable, identity: str = identity) -> float:
                return self._residual(runnable, identity, weight, "choice")

            weight, _ = best_weight(runnable.method.weights, error, self.plan.tuning["extensions"])
            self._residual(runnable, identity, weight, "held_back")
        return len(self._done) - before

    def _residual(self, runnable: Runnable, identity: str, weight: float, use: str) -> float:
        key = (identity, weight, use)
        if key not in self._done:
            if self._maps is None:
                self._maps = espirit_maps(self.y, self.plan.measured["centre"])
            sees, judged = (self.fitted, self.choice) if use == "choice" else (self.seen, self.held)
            encoding = CartesianEncoding(sees, self._maps).to(self.device)
            start = time.perf_counter()
            x = runnable.reconstruct((self.y * sees).to(self.device), encoding, weight).cpu()
            seconds = time.perf_counter() - start
            if use == "held_back":
                save_image(self.folder, measured_name(runnable.method.name), x)
            record: Record = {
                "method": runnable.method.name,
                "identity": identity,
                "use": use,
                "weight": weight,
                "residual": held_back_residual(x, self.y, CartesianEncoding(judged, self._maps)).item(),
                "samples": int(judged.sum()),
                "seconds": seconds,
            }
            self._ledger.append(record)
            self._done[key] = record
        return float(self._done[key]["residual"])


def at_measured_phase(method: Method, phase_width: float) -> Method:
    """Let a method that uses the phase filter it as measured images need, whose phase varies faster.

    Args:
        method: from the study file.
        phase_width: standard deviation of the low-pass filter behind the phase, in samples of k-space.

    Returns:
        The method with that width; as it was where it has no such setting.
    """
    if method.model is None and "phase_width" not in method.settings:
        return method
    return method._replace(settings=method.settings | {"phase_width": phase_width})


def _key(record: Record) -> tuple[str, float, str]:
    return record["identity"], record["weight"], record["use"]
