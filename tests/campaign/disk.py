"""Full disks, read-only folders, two of everything at once: clear errors, and earlier files intact."""

import hashlib
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from experiments.report.__main__ import main as report
from monai_blurvae.files import write_arrays, write_json, write_state, write_text
from monai_blurvae.workflow import load_pretrained, read_settings, save_pretrained
from monai_blurvae.workflow.init import init
from tests.campaign import kills
from tests.campaign.attempt import ACCEPTED, CLEAR, LOST, Case, attempt
from tests.campaign.material import run

LIMITS = (0, 1_000, 10_000, 50_000, 200_000)
"""Bytes that a file may have when the disk is full."""
NOBODY = 65534


def _save(own: Path) -> None:
    save_pretrained(own / "out", load_pretrained("runs/done").network, read_settings("runs/done/model.pt"))


def _resume(own: Path) -> None:
    folder = own / "runs" / "run"
    run("training", own, config=[str(folder / "config.json")], resume=str(folder), epochs=3)


JOBS: dict[str, Callable[[Path], object]] = {
    "training": lambda own: run("training", own),
    "resume": _resume,
    "evaluating": lambda own: run("evaluating", own),
    "inference": lambda own: run("inference", own),
    "reconstruct": lambda own: run("reconstruct", own),
    "anomaly": lambda own: run("anomaly", own),
    "fitting": lambda own: run("fitting", own, ckpt_path=str(own / "runs/run/model.pt")),
    "report": lambda own: report(["runs", "-o", str(own / "out"), "--overwrite"]),
    "init": lambda own: init(own / "out"),
    "cache": kills._decode,
    "save_pretrained": _save,
    "write_text": lambda own: write_text(own / "out/file", "a" * 300_000),
    "write_json": lambda own: write_json(own / "out/file", [1] * 100_000),
    "write_arrays": lambda own: write_arrays(
        own / "out/file", {"a": __import__("numpy").random.rand(99_999)}
    ),
    "write_state": lambda own: write_state(own / "out/file", {"a": __import__("torch").rand(99_999)}),
}
"""Everything that writes; each is given a folder with what an earlier run left."""
BOTH = {
    "cache",
    "write_text",
    "write_json",
    "write_arrays",
    "write_state",
    "report",
    "save_pretrained",
    "fitting",
}
"""Of two at once, both may succeed; of all others, one only."""


def _earlier(job: str, own: Path) -> None:
    # what the job finds: a run to go on with, an earlier file
    (own / "out").mkdir()
    if job in {"resume", "fitting"}:
        shutil.copytree("runs/done", own / "runs" / "run")
    if job == "save_pretrained":
        _save(own)
    if job.startswith("write_"):
        write_text(own / "out/file", "earlier")
    if job == "init":
        (own / "out").rmdir()


def _contents(folder: Path) -> dict[str, str]:
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and "tensorboard" not in path.parts:
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _full(job: str, limit: int, own: Path) -> str:
    _earlier(job, own)
    before = _contents(own)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for stream in (1, 2):  # what is printed needs no disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        JOBS[job](own)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        after = _contents(own)
        left = [name for name in after if Path(name).name.startswith(".")]
        torn = kills.torn(own)
        gone = [name for name in before if name not in after]
        kept = torn or (f"temporary files stay: {left[:2]}" if left else f"{gone} are gone" if gone else None)
    if kept:
        return f"{LOST}: {kept}"
    return ACCEPTED


def _kept(job: str, limit: int, own: Path) -> str:
    # a file that a failed write has torn is a failure even where the error is clear
    try:
        return _full(job, limit, own)
    except BaseException:
        torn = kills.torn(own)
        if torn:
            return f"{LOST}: {torn}"
        raise


def _read_only(job: str, own: Path) -> str:
    _earlier(job, own)
    for path in [own, *own.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = _contents(own)
    if os.geteuid() == 0:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    JOBS[job](own)
    return ACCEPTED if _contents(own) == before else f"{LOST}: it was written to"


def _two(job: str, own: Path) -> str:
    _earlier(job, own)
    pids = []
    start = time.monotonic() + 0.2
    for number in range(2):
        pid = os.fork()
        if pid == 0:
            time.sleep(max(0.0, start - time.monotonic()))
            case = Case(job, lambda _: JOBS[job](own), good=None, timeout=150)
            (own.parent / f"{own.name}.home{number}").mkdir()
            outcome = attempt(case, own.parent / f"{own.name}.home{number}")
            (own.parent / f"{own.name}.{number}").write_text(f"{outcome.kind}: {outcome.message}")
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    said = [(own.parent / f"{own.name}.{number}").read_text() for number in range(2)]
    for number in range(2):
        shutil.rmtree(own.parent / f"{own.name}.home{number}", ignore_errors=True)
        (own.parent / f"{own.name}.{number}").unlink()
    kinds = [text.split(": ")[0] for text in said]
    if torn := kills.torn(own):
        return f"{LOST}: {torn}"
    if bad := [text for text in said if text.split(": ")[0] not in {ACCEPTED, CLEAR}]:
        return bad[0]
    wanted = [[ACCEPTED, CLEAR]] + ([[ACCEPTED, ACCEPTED]] if job in BOTH else [])
    if sorted(kinds) in wanted:
        return ACCEPTED
    return f"{LOST}: of two at once, {kinds[0]} ({said[0][:80]}) and {kinds[1]} ({said[1][:80]})"


def cases(seed: int = 0) -> Iterator[Case]:
    """Give every case of this part."""
    del seed  # everything is tried
    for job in JOBS:
        for limit in LIMITS:
            yield Case(
                f"{job} on a disk with {limit} bytes", partial(_kept, job, limit), good=None, timeout=90
            )
        yield Case(f"{job} into a read-only folder", partial(_read_only, job), good=False)
        yield Case(f"two of {job} at once", partial(_two, job), good=True, timeout=200)
