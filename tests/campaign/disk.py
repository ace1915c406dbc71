"""Full disks, read-only folders, two of everything at once: clear errors, and earlier files intact."""

import os
import resource
import shutil
import signal
from functools import partial
from pathlib import Path

import numpy as np
import torch

from experiments.report.__main__ import main as report
from monai_blurvae.files import write_arrays, write_json, write_state, write_text
from monai_blurvae.workflow import load_pretrained, read_settings, save_pretrained
from monai_blurvae.workflow.claim import LOCK
from monai_blurvae.workflow.init import init
from tests.campaign import kills
from tests.campaign.attempt import ACCEPTED, CLEAR, LOST, Case, attempt
from tests.campaign.files import WEIGHT
from tests.campaign.material import run

LIMITS = (0, 1_000, 10_000, 50_000, 200_000)
"""Bytes that a file may have when the disk is full."""
NOBODY = 65534


def _resume(own):
    folder = own / "runs" / "run"
    run("training", own, config=[str(folder / "config.json")], resume=str(folder), epochs=3)


JOBS = {
    "training": lambda own: run("training", own),
    "resume": _resume,
    "evaluating": lambda own: run("evaluating", own),
    "inference": lambda own: run("inference", own),
    "reconstruct": lambda own: run("reconstruct", own),
    "anomaly": lambda own: run("anomaly", own),
    "fitting": lambda own: run("fitting", own, ckpt_path=str(own / "runs/run/model.pt")),
    "report": lambda own: report(["runs", "-o", str(own / "out"), "--overwrite"]),
    "init": lambda own: init(own / "new"),
    "cache": kills.decode,
    "save_pretrained": lambda own: save_pretrained(
        own / "out", load_pretrained("runs/done").network, read_settings(WEIGHT)
    ),
    "write_text": lambda own: write_text(own / "out/file", "a" * 300_000),
    "write_json": lambda own: write_json(own / "out/file", [1] * 100_000),
    "write_arrays": lambda own: write_arrays(
        own / "out/file", {"a": np.random.default_rng(0).random(99_999)}
    ),
    "write_state": lambda own: write_state(own / "out/file", {"a": torch.rand(99_999)}),
}
"""Everything that writes, into a folder with what an earlier run left."""
ONE_ONLY = {"training", "resume", "evaluating", "inference", "reconstruct", "anomaly", "init"}
"""Of two of these at once only one may go on; of the others, both."""


def _prepare(job, own):
    (own / "out").mkdir()
    if job in {"resume", "fitting"}:
        shutil.copytree("runs/done", own / "runs" / "run")
    if job == "save_pretrained":
        JOBS[job](own)
    if job.startswith("write_"):
        write_text(own / "out/file", "earlier")


def _problem(own, before):
    gone = [name for name in before if not Path(own, name).exists()]
    left = [path.name for path in own.rglob(".*") if path.is_file() and path.name != LOCK]
    return kills.torn(own) or (
        f"{gone} are gone" if gone else f"temporary files stay: {left[:2]}" if left else None
    )


def _full(job, limit, own):
    _prepare(job, own)
    before = [path.relative_to(own) for path in own.rglob("*")]
    for stream in (1, 2):  # what is printed needs no disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    error = None
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        JOBS[job](own)
    except Exception as caught:
        error = caught
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    if problem := _problem(own, before):
        return f"{LOST}: {problem}"
    if error is not None:
        raise error
    return ACCEPTED


def _read_only(job, own):
    _prepare(job, own)
    for path in [own, *own.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    JOBS[job](own)


def _two(job, own):
    _prepare(job, own)
    pids, places = [], [own.with_name(f"{own.name}.{number}") for number in range(2)]
    for place in places:
        place.mkdir()
        pids.append(os.fork())
        if pids[-1] == 0:
            try:
                (outcome,) = attempt([Case(job, lambda _: JOBS[job](own), good=None, timeout=150)], place)
                write_text(place / "said", f"{outcome.kind}: {outcome.message}")
            finally:
                os._exit(0)
    for pid in pids:
        os.waitpid(pid, 0)
    said = sorted((place / "said").read_text(encoding="utf-8") for place in places)
    for place in places:
        shutil.rmtree(place)
    if problem := _problem(own, []):
        return f"{LOST}: {problem}"
    if bad := [text for text in said if not text.startswith((ACCEPTED, CLEAR))]:
        return bad[0]
    wanted = [ACCEPTED, CLEAR] if job in ONE_ONLY else [ACCEPTED, ACCEPTED]
    fine = all(map(str.startswith, said, wanted))
    return ACCEPTED if fine else f"{LOST}: of two at once, one said {said[0][:90]!r}, one {said[1][:90]!r}"


def cases(seed):
    """Give every case of this part; the seed changes nothing."""
    for job in JOBS:
        for limit in LIMITS:
            yield Case(
                f"{job} on a disk with {limit} bytes", partial(_full, job, limit), good=None, timeout=90
            )
        yield Case(f"{job} into a read-only folder", partial(_read_only, job))
        yield Case(f"two of {job} at once", partial(_two, job), good=True, timeout=200)
