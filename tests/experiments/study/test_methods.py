from types import SimpleNamespace

import pytest
import torch

from experiments.study import methods as module
from experiments.study.methods import make_methods
from experiments.study.plan import Method
from monai_blurvae.losses import L2Loss
from monai_blurvae.mri import CartesianEncoding, Reconstruction, Solver
from monai_blurvae.networks import BlurVAE, Decoder, Encoder
from monai_blurvae.priors import SOLVERS, SliceSettings, VAEPrior
from monai_blurvae.workflow import LoadedPrior

NETWORK = BlurVAE(Encoder(16, [4, 8], 5), Decoder(16, [4, 8], 5))
SLICES = SliceSettings(phase_precision=5.0)
ENCODING = CartesianEncoding(torch.ones(8, 8))
X = torch.randn(1, 1, 8, 8, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))


class Shrink(Solver):
    """E^H y times 1 + weight: NRMSE, which scales, is that of zero-filling."""

    has_prior = True

    def __init__(self, prior, weight=1.0, iterations=3, stopped="iterations", settings=None):
        self.factor = 1 + weight
        self.stopped = stopped
        self.settings = settings

    def reconstruct(self, y, encoding, *, start=None, mask=None, noise_std=None, watch=None):
        return Reconstruction(encoding.adjoint(y) * self.factor, self.stopped)


def method(function, model=None, settings=None, prior=None):
    return Method(
        name="mine", function=function, weights=[0.0], model=model, settings=settings or {}, prior=prior or {}
    )


@pytest.fixture
def weight_file(tmp_path, monkeypatch):
    """A file of weights, a prior in its place and a solver that does next to nothing."""
    monkeypatch.setitem(SOLVERS, "joint", Shrink)

    def load_prior(weights, orientation=None, spacing=None, energy="elbo", samples=1, seed=0, device="cpu"):
        stated.append((orientation, spacing))
        return LoadedPrior(VAEPrior(NETWORK, L2Loss(), samples), "PLS", (1.0, 1.0, 1.0), SLICES)

    stated = []
    monkeypatch.setattr(module, "load_prior", load_prior)
    path = tmp_path / "model.pt"
    path.write_bytes(b"weights")
    return SimpleNamespace(path=path, stated=stated)


@pytest.mark.parametrize("function", ["zero_filled", "cg_sense", "total_variation", "l1_wavelet"])
def test_classical_methods_give_a_fully_sampled_slice_back(function):
    (runnable,) = make_methods((method(function),), {})
    torch.testing.assert_close(runnable.reconstruct(ENCODING(X), ENCODING, 0.0), X, atol=1e-4, rtol=1e-4)


def test_a_solver_gets_the_prior_the_weight_and_the_settings(weight_file):
    asked = method("joint", "wiener", {"iterations": 5}, {"samples": 2})
    (runnable,) = make_methods((asked,), {"wiener": str(weight_file.path)})
    torch.testing.assert_close(runnable.reconstruct(ENCODING(X), ENCODING, 2.0), 3 * X)
    assert len(runnable.loaded.prior.noise) == 2


def test_a_solver_that_was_interrupted_gives_no_result(weight_file):
    asked = method("joint", "wiener", {"stopped": "interrupted"})
    (runnable,) = make_methods((asked,), {"wiener": str(weight_file.path)})
    with pytest.raises(KeyboardInterrupt):
        runnable.reconstruct(ENCODING(X), ENCODING, 1.0)


def test_the_second_model_is_checked_against_the_first(weight_file):
    pair = (method("joint", "wiener"), method("joint", "l2").model_copy(update={"name": "other"}))
    make_methods(pair, {"wiener": str(weight_file.path), "l2": str(weight_file.path)})
    assert weight_file.stated == [(None, None), ("PLS", (1.0, 1.0, 1.0))]


def test_identities_change_with_settings_and_with_the_weight_file(weight_file):
    def identity(**settings):
        asked = method("joint", "wiener", settings)
        return make_methods((asked,), {"wiener": str(weight_file.path)})[0].identity

    first = identity()
    assert identity() == first != identity(iterations=4)
    weight_file.path.write_bytes(b"other weights")
    found = {first, identity()}
    for beside in ("pixel_scale.pt", "settings.json"):
        weight_file.path.with_name(beside).write_bytes(b"another")
        found.add(identity())
    assert len(found) == 4
    weight_file.path.with_name("config.json").write_bytes(b"another")
    assert identity() in found


def test_the_settings_saved_with_the_weights_are_the_base_of_the_study_s(weight_file, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "make_solver", lambda *_, settings, **__: seen.append(settings))
    make_methods((method("joint", "wiener", {"stride": [4, 4]}),), {"wiener": str(weight_file.path)})
    assert seen == [SliceSettings(stride=(4, 4), phase_precision=5.0, phase_width=8.0)]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (method("total_varation"), r"got 'total_varation' \(did you mean `total_variation`\?\)"),
        (
            method("cg_sense", settings={"iteration": 5}),
            "`settings` and `prior` of 'mine' must be known: .*'iteration'",
        ),
        (method("cg_sense", settings={"weight": 5}), "multiple values for keyword argument 'weight'"),
        (method("cg_sense", model="l2"), "`model` of 'mine' must be left out: cg_sense has no prior"),
        (method("joint", "wienr"), r"got 'wienr' \(did you mean `wiener`\?\)"),
        (method("joint"), "`model` of 'mine' must be among wiener, got None"),
        (method("joint", "wiener"), "`wiener_weights` must be given for 'mine', got none"),
        (method("joint", "wiener", prior={"sample": 2}), "must be known: .*'sample'"),
    ],
)
def test_what_is_unknown_or_missing_is_refused(weight_file, asked, message):
    with pytest.raises(ValueError, match=message):
        make_methods((asked,), {"wiener": "model.pt" if asked.prior else None})
