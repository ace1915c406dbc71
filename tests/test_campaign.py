"""A handful of the campaign's cases, so that it stays able to run."""

import os
import subprocess
import sys

import pytest

from tests.bundle.conftest import ROOT

PARTS = ["inputs", "mutations", "strangers", "disk"]
SURE = r"^settings|^workflow.settings|settings_(nan|text|list)|load_pretrained with .*settings|^write_json"
"""Cases that are known to hold: this tests the campaign, and the campaign the rest."""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of forked processes are Linux's")
def test_a_few_cases_of_each_fast_part_end_well_and_in_a_table(tmp_path):
    words = [*PARTS, "--number", "2", "--match", SURE, "-o", "table.md"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaign", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()
    assert [row.split(" | ")[:3] for row in rows[2:6]] == [[f"| {part}", "2", "2"] for part in PARTS]
