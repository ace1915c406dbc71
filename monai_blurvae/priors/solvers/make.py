"""Solvers by name, with and without a prior: the names of `--method` and of study files."""

from collections.abc import Callable

from monai_blurvae.files import check_known
from monai_blurvae.mri import CGSense, L1Wavelet, Solver, TotalVariation, ZeroFilled
from monai_blurvae.priors.slice_model import SliceSettings
from monai_blurvae.priors.solvers.alternating_map import AlternatingMAP
from monai_blurvae.priors.solvers.joint_map import JointMAP
from monai_blurvae.priors.solvers.mixture import Mixture
from monai_blurvae.priors.vae_prior import VAEPrior

SOLVERS: dict[str, type[Solver]] = {
    "auto": Mixture,
    "joint": JointMAP,
    "alternating": AlternatingMAP,
    "total_variation": TotalVariation,
    "l1_wavelet": L1Wavelet,
    "cg_sense": CGSense,
    "zero_filled": ZeroFilled,
}


def find_solver(method: str) -> type[Solver]:
    """Find a solver's class.

    Args:
        method: one of `SOLVERS`.

    Returns:
        The class; its `has_prior` says whether it takes a prior.

    Raises:
        ValueError: If there is no such solver.
    """
    check_known("method", method, SOLVERS)
    return SOLVERS[method]


def make_solver(
    method: str,
    prior: VAEPrior | None = None,
    settings: SliceSettings | None = None,
    **arguments: object,
) -> Solver:
    """Make a solver.

    Args:
        method: one of `SOLVERS`.
        prior: prior of patches, for the solvers that have one; the others ignore it.
        settings: how the prior is applied to slices; None: the defaults.
        **arguments: further arguments of the solver. None leaves an argument at the solver's default.

    Returns:
        The solver.

    Example:
        >>> make_solver("total_variation", weight=1e-3, iterations=None).weight
        0.001
    """
    kind: Callable[..., Solver] = find_solver(method)
    with_prior = {"prior": prior, "settings": settings} if SOLVERS[method].has_prior else {}
    stated = {name: value for name, value in arguments.items() if value is not None}
    return kind(**with_prior, **stated)
