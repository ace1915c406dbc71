import json
import shutil

import numpy as np
import pytest
import torch

from experiments.study import bart, measured, peers, ridge
from monai_blurvae.mri import CartesianEncoding, TotalVariation, simulated_coil_maps, uniform_lines
from monai_blurvae.mri.stored_slices import bart_slices

SIZE = (62, 64)
"""Half of 62 is odd: BART's centred transform then has another constant factor."""
needs_bart = pytest.mark.skipif(shutil.which("bart") is None, reason="BART is not installed")


def disc(size=SIZE):
    rows, columns = torch.meshgrid(*(torch.linspace(-1, 1, side) for side in size), indexing="ij")
    radius = rows.square() + columns.square()
    return ((radius < 0.8) * 1.0 + (radius < 0.1) * 0.5)[None, None] * torch.exp(1j * rows)


@pytest.fixture
def encoding():
    return CartesianEncoding(uniform_lines(SIZE, 2, 16), simulated_coil_maps(4, SIZE))


def patches_of(image):
    def patches(side, batch, batches):
        generator = torch.Generator().manual_seed(0)
        for _ in range(batches):
            rows, columns = (
                torch.randint(length - side + 1, (batch,), generator=generator) for length in image.shape[-2:]
            )
            corners = zip(rows.tolist(), columns.tolist(), strict=True)
            yield torch.stack([image[0, :, r : r + side, c : c + side] for r, c in corners])

    return patches


def test_a_cfl_file_reads_back_with_the_first_axis_fastest(tmp_path):
    values = np.arange(6).reshape(2, 3) * (1 + 2j)
    bart.write_cfl(tmp_path / "x", values)
    assert (tmp_path / "x.hdr").read_text(encoding="utf-8") == "# Dimensions\n2 3\n"
    assert np.array_equal(bart_slices(tmp_path / "x.cfl").read(0)[0], values)


@needs_bart
def test_bart_and_our_total_variation_find_the_same_image(encoding):
    y = encoding(disc() * 50)
    theirs = peers.PEERS["bart_tv"].make(1e-2, None).reconstruct(y, encoding).image
    ours = TotalVariation(1e-2).reconstruct(y, encoding).image
    assert ((theirs - ours).norm() / ours.norm()).item() < 0.01


@needs_bart
@pytest.mark.parametrize("name", ["bart_wavelet", "bart_tv"])
def test_a_small_weight_leaves_the_image_of_all_samples(name):
    full = CartesianEncoding(torch.ones(SIZE), simulated_coil_maps(4, SIZE))
    x = disc() * 50
    found = peers.PEERS[name].make(1e-6, None).reconstruct(full(x), full)
    assert ((found.image - x).norm() / x.norm()).item() < 0.01


@needs_bart
def test_a_failure_of_bart_says_what_bart_said(encoding):
    with pytest.raises(RuntimeError, match="bart pics -R nonsense"):
        bart.Bart("nonsense", 1e-3, 1).reconstruct(encoding(disc()), encoding)


def test_sigpy_s_app_leaves_the_image_of_all_samples_and_shrinks_coefficients():
    full = CartesianEncoding(torch.ones(SIZE), simulated_coil_maps(4, SIZE))
    x = disc() * 50
    errors = [
        ((peers.SigpyWavelet(weight, 50).reconstruct(full(x), full).image - x).norm() / x.norm()).item()
        for weight in (1e-6, 1e-1)
    ]
    assert errors[0] < 0.01 < errors[1]


@pytest.fixture
def physics(encoding):
    return peers.InPhase(encoding(disc()), encoding, disc())


def test_the_operator_of_real_slices_has_its_adjoint(physics):
    v, y = torch.randn(1, 1, *SIZE), torch.randn(physics.y.shape)
    assert (physics.A(v) * y).sum() == pytest.approx((v * physics.A_adjoint(y)).sum().item(), rel=1e-3)


def test_the_true_start_explains_the_data_and_comes_back(physics):
    assert torch.allclose(physics.A(physics.start), physics.y, atol=1e-5)
    assert torch.allclose(physics.image(physics.start), disc(), atol=1e-5)


def test_one_component_has_the_second_moments_of_the_patches(monkeypatch, tmp_path, encoding):
    for name, value in {"COMPONENTS": 1, "GMM_BATCHES": 2, "GMM_BATCH": 500, "EM_STEPS": 1}.items():
        monkeypatch.setattr(peers, name, value)
    patches = patches_of(disc().abs())
    state = peers.fit_epll(patches)
    drawn = torch.cat(list(patches(peers.GMM_SIDE, 500, 2))).flatten(1)
    expected = drawn.mT @ drawn / len(drawn) + peers.FLOOR * torch.eye(peers.GMM_SIDE**2)
    assert torch.allclose(state["_cov"][0], expected, atol=1e-4)
    torch.save(state, tmp_path / "epll.pt")
    y, start = encoding(disc()), disc() + 0.1 * torch.randn(1, 1, *SIZE)
    found = peers.PEERS["epll"].make(1e-3, tmp_path / "epll.pt").reconstruct(y, encoding, start=start)
    assert (found.image - disc()).norm() < (start - disc()).norm()


def test_a_ridge_regulariser_leaves_constants_alone():
    constant = torch.full((1, 1, 16, 16), 0.7)
    found = ridge.Ridge().minimise(lambda v: v - constant, constant, 1.0, 5)
    assert torch.allclose(found, constant, atol=1e-5)


def test_a_trained_ridge_regulariser_takes_noise_away(monkeypatch, tmp_path, encoding):
    monkeypatch.setattr(ridge, "TRAINING_STEPS", 20)
    torch.save(ridge.train_ridge(patches_of(disc().abs())), tmp_path / "wcrr.pt")
    y, start = encoding(disc()), disc() + 0.1 * torch.randn(1, 1, *SIZE)
    found = peers.PEERS["wcrr"].make(1e-3, tmp_path / "wcrr.pt").reconstruct(y, encoding, start=start)
    assert (found.image - disc()).norm() < (start - disc()).norm()


def test_what_is_missing_is_said_and_left_out(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", "")
    assert list(peers.available(tmp_path)) == ["sigpy_wavelet"]
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "bart_wavelet is left out: install BART (Debian's package bart)"
    assert said[2].startswith("epll is left out: python -m experiments.study.peers epll --dataset_dir DIR")


def test_the_study_of_measured_kspace_runs_peers(monkeypatch, tmp_path):
    x, maps = disc((64, 64)).to(torch.complex64), simulated_coil_maps(4, (64, 64))
    np.save(tmp_path / "y.npy", CartesianEncoding(torch.ones(64, 64), maps)(x)[0].numpy())
    monkeypatch.setattr(measured, "METHODS", {"auto": (None,), "total_variation": (1e-3,)})
    monkeypatch.setattr(measured, "MASKS", {"lines": lambda size, seed: uniform_lines(size, 2, 24, seed)})
    monkeypatch.setattr(peers, "PEERS", {"sigpy_wavelet": peers.PEERS["sigpy_wavelet"]})
    arguments = [str(tmp_path / "y.npy"), "--ckpt_path", "bundle/models/prior/model.pt", "--masks", "1"]
    assert measured.main([*arguments, "-o", str(tmp_path), "--peers", str(tmp_path)]) == 0
    lines = (tmp_path / measured.LINES).read_text(encoding="utf-8").splitlines()
    weights = [line["weight"] for line in map(json.loads, lines) if line["method"] == "sigpy_wavelet"]
    assert weights == list(peers.PEERS["sigpy_wavelet"].weights)
