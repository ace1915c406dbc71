"""One attempt in a process of its own: what it ended in, its memory and its time."""

import os
import pickle
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monai_blurvae.workflow.errors import SIZES, last_words, root_cause

ROOT = Path(__file__).parents[2]
OURS = tuple(f"{ROOT / part}{os.sep}" for part in ("monai_blurvae", "experiments"))
CLEAR, ACCEPTED, KNOWN = "clear error", "accepted rightly", "refused by MONAI"
UNCLEAR, RAW, GARBAGE = "unclear error", "raw traceback", "garbage accepted"
SILENT, EXECUTED, LOST, CRASH, HANG = "silently changed", "code executed", "lost or torn", "crash", "hang"
KINDS = (CLEAR, ACCEPTED, KNOWN, UNCLEAR, RAW, GARBAGE, SILENT, EXECUTED, LOST, CRASH, HANG)
"""How an attempt can end."""
FINE = {CLEAR, ACCEPTED, KNOWN}
"""What is no failure."""
RULE = re.compile(
    r"must|(is|are|does|could) not|exist|cannot|unknown|unexpected|needs|required|no (.* at|such)|denied"
    r"|large|invalid|not a ",
    re.IGNORECASE,
)
KIND = re.compile(r"got (a |an )?(str|int|float|list|tuple|dict|bool|NoneType)\b")
MEMORY = 6 * 1024**3
"""Address space that an attempt may take beyond what its parent has, in bytes."""


@dataclass(frozen=True)
class Case:
    """Something to try, and what has to come of it."""

    name: str
    call: Callable[[Path], object]
    """Gets an empty folder; may return one of KINDS, with a message after a colon."""
    names: tuple[str, ...] = ()
    """What an error has to name: any of them."""
    value: str = ""
    """The received value, which an error has to tell."""
    good: bool | None = False
    """True: must be accepted. None: may be accepted."""
    timeout: float = 60
    alone: bool = True
    """False: it shares a process with others, as it changes nothing."""
    before_us: bool = False
    """MONAI may refuse it before this package is imported, in its own words."""


@dataclass
class Outcome:
    """What came of a case."""

    case: str
    kind: str
    message: str = ""
    where: str = ""
    """File and line, the innermost of this project, that raised."""
    megabytes: float = 0
    seconds: float = 0


def judge(case, message, ours):
    """Tell whether an error names setting or file, rule and received value, or its kind."""
    named = any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", message) for name in case.names or [""])
    parts = [case.value, *case.value.split(",")]  # of a list, one item may be told
    received = any(_bare(part) in _bare(message) for part in parts)
    told = named and RULE.search(message) and (received or KIND.search(message) or "unknown" in message)
    return RAW if not ours else CLEAR if told and case.good is not True else UNCLEAR


def _bare(text):  # quotes, brackets and spaces may differ between what was typed and what is told
    return re.sub(r"[\s'\"\[\](){}`]", "", text).lower()


def _described(error, case, printed):
    cause = root_cause(error)
    if isinstance(cause, SystemExit):
        return judge(case, printed, "Traceback" not in printed), printed, "exit"
    frames = traceback.extract_tb(cause.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(OURS)]
    where = f"{Path(inside[-1].filename).relative_to(ROOT)}:{inside[-1].lineno}" if inside else "elsewhere"
    kinds = (ValueError, TypeError, OSError, ImportError, FloatingPointError, RuntimeError)
    about_a_file = isinstance(cause, OSError) and cause.filename is not None
    ours = isinstance(cause, kinds) and (about_a_file or (bool(inside) and frames[-1] is inside[-1]))
    lack = last_words(cause, dict.fromkeys(SIZES, 1)) if isinstance(cause, RuntimeError | MemoryError) else ""
    if lack:
        return CLEAR if any(name in lack for name in case.names) else UNCLEAR, lack, where
    known = case.before_us and not inside
    return KNOWN if known else judge(case, str(cause), ours), f"{type(cause).__name__}: {cause}"[:2000], where


def attempt(cases, folder):
    """Run cases in forked processes, each in a new folder in `folder`, and yield how they ended.

    Cases that change nothing share a process, until one of them ends it.
    """
    left = list(cases)
    while left:
        together = len(left) if not any(case.alone for case in left) else 1
        outcomes = list(_in_one_process(left[:together], folder))
        yield from outcomes
        left = left[len(outcomes) :]


def _in_one_process(cases, folder):
    own = Path(tempfile.mkdtemp(dir=folder))
    ears, mouth = os.pipe()
    log = own.with_suffix(".log")
    with warnings.catch_warnings(action="ignore"):
        pid = os.fork()
    if pid == 0:
        try:
            _child(cases, own, mouth, log)
        finally:
            os._exit(1)
    os.close(mouth)
    with os.fdopen(ears, "rb", buffering=0) as said:  # unbuffered, so that select sees what is left
        for case in cases:
            hung = not select.select([said], [], [], case.timeout)[0]
            try:
                yield Outcome(case.name, HANG) if hung else Outcome(case.name, *pickle.load(said))
            except EOFError:
                yield Outcome(case.name, CRASH, _last(log))
                break
            if hung:
                break
    end_group(pid)
    os.waitpid(pid, 0)
    shutil.rmtree(own, ignore_errors=True)
    log.unlink(missing_ok=True)


def _child(cases, own, mouth, log):
    os.setsid()
    for stream in (1, 2):
        os.dup2(os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND), stream)
    taken = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number, case in enumerate(cases):
        place = own / str(number)
        place.mkdir()
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forget earlier peaks
        began, before = time.monotonic(), _megabytes("VmRSS")
        try:
            value = case.call(place)
            kind, _, message = value.partition(": ") if isinstance(value, str) else ("", "", "")
            kind = kind if kind in KINDS else GARBAGE if case.good is False else ACCEPTED
            result = (kind, message, "")
        except BaseException as error:
            sys.stderr.flush()
            result = _described(error, case, _last(log, 5))
        result += (_megabytes("VmHWM") - before, time.monotonic() - began)
        os.write(mouth, pickle.dumps(result))


def end_group(pid):
    """Kill a process and those that it started."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def in_process(words, case):
    """Run a command as a user does and judge what it prints: no traceback, a clear last line."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = " ".join([line for line in done.stderr.splitlines() if line.strip()][-3:])
    if done.returncode == 0:
        return ACCEPTED if case.good is not False else GARBAGE
    if not 0 < done.returncode < 128:
        return f"{CRASH}: exit {done.returncode}, {said}"
    return f"{judge(case, said, 'Traceback (most recent call last)' not in done.stderr)}: {said}"


def _last(log, lines=1):
    text = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return " ".join(text[-lines:])


def _megabytes(name):  # of this process
    lines = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    )
    return int(lines[name].split()[0]) / 1024
