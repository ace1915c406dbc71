"""The campaign stays able to run: how it judges, and a handful of its cases."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from monai_blurvae.checks import check_integer
from tests.bundle.conftest import ROOT
from tests.campaign.attempt import (
    ACCEPTED,
    CLEAR,
    CRASH,
    GARBAGE,
    HANG,
    KNOWN,
    RAW,
    UNCLEAR,
    Case,
    attempt,
)

PARTS = ["inputs", "mutations", "strangers", "disk"]
SURE = r"^settings|^workflow.settings|settings_(nan|text|list)|load_pretrained with .*settings|^write_json"
"""Cases that are known to hold: this tests the campaign, and the campaign the rest."""
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of forked processes are Linux's")


def _check(value):
    return lambda _: check_integer(1, epochs=value)


@linux
@pytest.mark.parametrize("alone", [True, False])
def test_attempts_end_in_the_kinds_that_their_errors_are(tmp_path, alone):
    tried = [
        Case("clear", _check(0), ("epochs",), "0"),
        Case("another name", _check(0), ("batch_size",), "0"),
        Case("another value", _check(0), ("epochs",), "17"),
        Case("accepted", _check(1)),
        Case("rightly accepted", _check(1), good=True),
        Case("wrongly refused", _check(0), ("epochs",), "0", good=True),
        Case("raw", lambda _: {}["epochs"], ("epochs",)),
        Case("of MONAI", lambda _: {}["epochs"], before_us=True),
        Case("crash", lambda _: os._exit(9)),
        Case("hang", lambda _: time.sleep(60), timeout=0.5),
        Case("after the hang", _check(0), ("epochs",), "0"),
    ]
    found = attempt([replace(case, alone=alone) for case in tried], tmp_path)
    kinds = [CLEAR, UNCLEAR, UNCLEAR, GARBAGE, ACCEPTED, UNCLEAR, RAW, KNOWN, CRASH, HANG, CLEAR]
    assert [(outcome.case, outcome.kind) for outcome in found] == [
        (case.name, kind) for case, kind in zip(tried, kinds, strict=True)
    ]


@linux
@pytest.mark.slow
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
