"""`python -m experiments.study.peers NAME --dataset_dir DIR -o FOLDER`: fit what methods of others learn.

Peers are methods of other packages, as solvers. They learn from the training subjects of the released prior
and nothing else; `experiments.study.measured --peers FOLDER` runs them.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from experiments.study.bart import WAVELET, Bart, bart_tv
from experiments.study.ridge import Ridge, train_ridge
from monai_blurvae.data import PatchDataset, Preprocessing, VolumeCache, find_subjects
from monai_blurvae.extras import from_extra
from monai_blurvae.mri import CartesianEncoding, Reconstruction, Solver
from monai_blurvae.mri.classical import ClassicalSolver, signal_scale
from monai_blurvae.mri.solver import Watch
from monai_blurvae.priors.intensity import IntensityRange
from monai_blurvae.priors.solvers.patch_solver import first_image

PRIOR_SIDE, MIN_BRAIN = 16, 0.05
"""The prior's patch size and least share of brain, as in configs/prior.yaml."""
GMM_SIDE, COMPONENTS, GMM_BATCHES, GMM_BATCH, EM_STEPS = 6, 100, 40, 1000, 30
FLOOR = 1e-5
"""Variance that is added to every component, in the network's units."""


class SigpyWavelet(ClassicalSolver):
    """sigpy's L1WaveletRecon by its own defaults, of k-space divided by the brightness of E^H y.

    Unlike `L1Wavelet` it does not shift the image from step to step.
    """

    def __init__(self, weight: float, iterations: int = 100) -> None:
        super().__init__(weight, iterations)

    @override
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        scale = signal_scale(encoding.adjoint(y))
        maps = encoding.coil_maps.expand(len(y), -1, -1, -1).numpy()
        recon = from_extra("sigpy.mri.app").L1WaveletRecon
        images = [
            recon(kspace, one, self.weight, max_iter=self.iterations, show_pbar=False).run()
            for kspace, one in zip((encoding.mask * y / scale).numpy(), maps, strict=True)
        ]
        return Reconstruction(torch.from_numpy(np.stack(images))[:, None].to(y.dtype) * scale)


class InPhase:
    """A v = E(exp(i phi) v) of real slices v in the network's units, background 0; phi: the start's phase.

    deepinv's solvers call `A` and `A_adjoint`. K-space is real here, (1, coils, H, W, 2), since deepinv gives
    its noise level the type of k-space.
    """

    def __init__(self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None) -> None:
        image = first_image(y, encoding) if start is None else start
        self.encoding = encoding
        self.slope = IntensityRange.from_magnitude(image.abs()).slope
        self.rotation = torch.exp(1j * image.angle())
        self.start = image.abs() * self.slope
        self.y = torch.view_as_real(encoding.mask * y * self.slope)

    def A(self, v: Tensor) -> Tensor:  # noqa: N802
        """Measure."""
        return torch.view_as_real(self.encoding(self.rotation * v))

    def A_adjoint(self, y: Tensor) -> Tensor:  # noqa: N802
        """Bring k-space back to real slices."""
        return (self.rotation.conj() * self.encoding.adjoint(torch.view_as_complex(y))).real

    def image(self, v: Tensor) -> Tensor:
        """Give the complex image of a slice, in the units of k-space."""
        return self.rotation * v / self.slope


class Learned(ClassicalSolver):
    """A peer that has learned something: sigma^2 is its weight, in the network's units, as for `joint`.

    Real slices in the phase of the start, one image after the other.
    """

    def __init__(self, solve: Callable[[InPhase, float], Tensor], weight: float) -> None:
        super().__init__(weight, 0)
        self.solve = solve

    @override
    def _solve(
        self, y: Tensor, encoding: CartesianEncoding, start: Tensor | None, watch: Watch | None
    ) -> Reconstruction:
        if len(y) > 1:
            raise ValueError(f"`y` must be one image for {type(self).__name__}, got {len(y)}")
        physics = InPhase(y, encoding, start)
        return Reconstruction(physics.image(self.solve(physics, self.weight)))


RIDGE_STEPS = 100
"""Accelerated gradient steps with the ridge regulariser."""
BETAS = (0.1,) * 8
"""sigma^2 times deepinv's `betas`, one a step. Its own, from 1 to 32, are made for denoising."""


def epll(file: Path) -> Callable[[InPhase, float], Tensor]:
    """Read a Gaussian mixture for deepinv's EPLL."""
    model = from_extra("deepinv.optim", "deepinv").EPLL(gaussian_mixture(), None, None, GMM_SIDE)
    model.GMM.load_state_dict(torch.load(file, weights_only=True))

    def solve(physics: InPhase, weight: float) -> Tensor:
        betas = [beta / weight for beta in BETAS]
        v: Tensor = model(physics.y, physics, weight**0.5, physics.start, betas, batch_size=2000)
        return v

    return solve


def gaussian_mixture() -> Any:  # noqa: ANN401
    """Make deepinv's mixture of patches."""
    utils = from_extra("deepinv.optim.utils", "deepinv")
    return utils.GaussianMixtureModel(COMPONENTS, GMM_SIDE**2)


@torch.no_grad()
def fit_epll(patches: "Patches") -> dict[str, Tensor]:
    """Fit Gaussians of mean zero, background 0: deepinv's EPLL ignores the means of its mixture."""
    model, generator = gaussian_mixture(), torch.Generator().manual_seed(0)
    batches = [batch.flatten(1) for batch in patches(GMM_SIDE, GMM_BATCH, GMM_BATCHES)]
    everything, few = torch.cat(batches), GMM_SIDE**2
    ridge = FLOOR * torch.eye(few)
    drawn = everything[torch.randint(len(everything), (COMPONENTS, few), generator=generator)]
    model.set_cov(drawn.mT @ drawn / few + 100 * ridge)
    for step in range(EM_STEPS):
        weights, mean, covariance, objective = model._EM_step([{"x": batch} for batch in batches])
        model.set_weights(weights)
        model.set_cov(covariance + mean[:, :, None] * mean[:, None] + ridge)
        sys.stdout.write(f"step {step}: {objective / few:.4f} nats per pixel\n")
        sys.stdout.flush()
    state: dict[str, Tensor] = model.state_dict()
    return state


def wcrr(file: Path) -> Callable[[InPhase, float], Tensor]:
    """Read a weakly convex ridge regulariser."""
    ridge = Ridge()
    ridge.load_state_dict(torch.load(file, weights_only=True))

    def solve(physics: InPhase, weight: float) -> Tensor:
        def gradient(v: Tensor) -> Tensor:
            return physics.A_adjoint(physics.A(v) - physics.y)

        return ridge.minimise(gradient, physics.start, weight, RIDGE_STEPS)

    return solve


Patches = Callable[[int, int, int], Iterator[Tensor]]
"""From side, batch size and number of batches to batches of patches (B, 1, side, side), background 0."""


def training_patches(dataset_dir: str) -> Patches:
    """Decode the prior's training subjects, as configs/prior.yaml does."""
    preprocessing = Preprocessing(min_size=(PRIOR_SIDE, PRIOR_SIDE))
    volumes = VolumeCache(find_subjects(dataset_dir).train, preprocessing)

    def patches(side: int, batch: int, batches: int) -> Iterator[Tensor]:
        data = PatchDataset(volumes, batch, (side, side), MIN_BRAIN)
        return (data[0, index]["image"] + 1 for index in range(batches))

    return patches


class Peer(NamedTuple):
    """How a peer is made and what it needs."""

    weights: tuple[float, ...]
    make: Callable[[float, Path], Solver]
    """From a weight and the file of what it has learned."""
    needs: str
    """A program or a package."""
    install: str
    fit: Callable[[Patches], dict[str, Tensor]] | None = None

    def missing(self, file: Path) -> str | None:
        """Say what to install or to fit, if anything."""
        if shutil.which(self.needs) is None and find_spec(self.needs) is None:
            return f"install {self.install}"
        if self.fit is not None and not file.is_file():
            return f"python -m experiments.study.peers {file.stem} --dataset_dir DIR -o {file.parent}"
        return None


PEERS = {
    "bart_wavelet": Peer((2e-3, 4e-3), lambda w, _: Bart(WAVELET, w), "bart", "BART (Debian's package bart)"),
    "bart_tv": Peer((1e-3, 2e-3), lambda w, _: bart_tv(w), "bart", "BART (Debian's package bart)"),
    "sigpy_wavelet": Peer((1e-3, 2e-3), lambda w, _: SigpyWavelet(w), "sigpy", "'monai-blurvae[mri]'"),
    "epll": Peer(
        (1e-4, 3e-4), lambda w, file: Learned(epll(file), w), "deepinv", "'monai-blurvae[deepinv]'", fit_epll
    ),
    "wcrr": Peer((1e-4, 2e-4), lambda w, file: Learned(wcrr(file), w), "torch", "torch", train_ridge),
}


def available(folder: Path) -> dict[str, Peer]:
    """List the peers whose program, package and fit are there; say in one line each what is missing."""
    lacks = {name: peer.missing(folder / f"{name}.pt") for name, peer in PEERS.items()}
    for name, what in lacks.items():
        if what is not None:
            sys.stderr.write(f"{name} is left out: {what}\n")
    return {name: peer for name, peer in PEERS.items() if lacks[name] is None}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit a peer and write its file."""
    parser = argparse.ArgumentParser(prog="python -m experiments.study.peers", description=__doc__)
    parser.add_argument("peer", choices=[name for name, peer in PEERS.items() if peer.fit is not None])
    parser.add_argument("--dataset_dir", required=True, help="the prior's data set")
    parser.add_argument("-o", "--output_dir", required=True, type=Path)
    options = parser.parse_args(arguments)
    fit = PEERS[options.peer].fit
    assert fit is not None
    options.output_dir.mkdir(parents=True, exist_ok=True)
    torch.save(fit(training_patches(options.dataset_dir)), options.output_dir / f"{options.peer}.pt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
