import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from experiments.study import measured
from monai_blurvae.mri import CartesianEncoding, simulated_coil_maps, uniform_lines
from tests.pages import ROOT

WEIGHTS = ROOT / "bundle" / "models" / "prior" / "model.pt"


@pytest.fixture
def kspace(tmp_path):
    """A disc of 64 x 64 pixels, brighter within, in eight coils."""
    rows, columns = torch.meshgrid(*[torch.linspace(-1, 1, 64)] * 2, indexing="ij")
    radius = rows.square() + columns.square()
    x = ((radius < 0.8) * 1.0 + (radius < 0.1) * 0.5 + 0j)[None, None].to(torch.complex64)
    y = CartesianEncoding(torch.ones(64, 64), simulated_coil_maps(8, (64, 64)))(x)
    np.save(tmp_path / "kspace.npy", y[0].numpy())
    return tmp_path / "kspace.npy"


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(measured, "MASKS", {"lines": partial(uniform_lines, acceleration=2, centre_lines=24)})
    methods = {"auto": (None,), "cg_sense": (1e-3, 1e-2), "total_variation": (1e-3,)}
    monkeypatch.setattr(measured, "METHODS", methods)


def test_a_scan_gives_a_line_per_method_and_mask_once_and_a_page(kspace, short, tmp_path):
    arguments = [str(kspace), "--ckpt_path", str(WEIGHTS), "-o", str(tmp_path / "out"), "--masks", "1"]
    assert measured.main(arguments) == 0
    path = tmp_path / "out" / measured.LINES
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["method"] for line in lines] == ["auto", "cg_sense", "cg_sense", "total_variation"]
    assert all(0 < line["slice"] < 20 for line in lines)
    assert 0 <= lines[0]["prior_share"] <= 1
    assert measured.main(arguments) == 0
    assert path.read_text(encoding="utf-8").count("\n") == 4
    page = (tmp_path / "out" / measured.PAGE).read_text(encoding="utf-8")
    assert "### lines, 1 mask\n" in page
    assert page.count("| cg_sense |") == 1
    assert -1 <= lines[0]["rank_correlation"] <= 1
    assert 50 < lines[0]["pixels_covered_slice_percent"] <= 100
    (ring,) = lines[0]["rings"]
    assert 50 < ring["missing_covered_percent"] <= 100
    bars = page[page.index("### Error bars of `auto`") : page.index("### lines, 1 mask")]
    assert f"{ring['missing_covered_percent']:.1f}" in bars


def test_regions_are_parts_of_the_head(kspace):
    regions = measured.Scan.read(str(kspace)).regions
    assert regions["slice"].all()
    assert not (regions["inside"] & regions["rim"]).any()
    area = (regions["inside"] | regions["rim"]).float().mean().item()
    assert area == pytest.approx(0.8 * torch.pi / 4, abs=0.05)


def test_each_method_is_shown_at_the_weight_of_its_least_mean_error():
    frame = pd.DataFrame(
        {
            "kind": "k",
            "method": "m",
            "weight": [1.0, 1.0, 2.0, 2.0],
            "seed": [0, 1, 0, 1],
            "slice": [1, 9, 4, 4],
        }
    )
    assert measured.best_weights(frame).weight.tolist() == [2.0, 2.0]
