"""The claim of a run's folder: one process at a time writes into it."""

import logging
import os
import socket
import sys
import time
from pathlib import Path

LOCK = ".lock"
"""The file that is locked. It names the owner; a run that ended well leaves it empty."""

_log = logging.getLogger(__name__)
_held: dict[Path, int] = {}

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, 2**20, os.SEEK_SET)  # what is locked cannot be read
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _forget() -> None:
        while _held:
            os.close(_held.popitem()[1])

    os.register_at_fork(after_in_child=_forget)  # a worker keeps no lock of a run that was killed


def claim(folder: Path) -> None:
    """Lock a folder until `release`, or until this process ends in any way. Its second claim does nothing.

    The operating system holds the lock, so a killed run leaves none behind.

    Args:
        folder: the folder.

    Raises:
        BlockingIOError: If another process holds it; the message names that process, its user and host.
    """
    path = folder.resolve() / LOCK
    if path in _held:
        return
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(file)
    except (BlockingIOError, PermissionError) as error:
        time.sleep(0.1)  # an owner of this moment has not written its name yet
        os.lseek(file, 0, os.SEEK_SET)
        owner = os.read(file, 1000).decode(errors="replace")
        os.close(file)
        raise BlockingIOError(
            f"{folder} is in use by {owner or 'another process'}: wait until it ends, or choose another "
            f"--run_name. If it no longer runs, then its machine or the file server still holds the lock: "
            f"remove {path}."
        ) from error
    except OSError as error:  # some network file systems have no locks
        _log.warning("%s cannot be locked (%s): start no other run in this folder", folder, error)
    _held[path] = file
    owner = os.read(file, 1000).decode(errors="replace")
    if owner:
        _log.info("%s was left by %s, which did not end well", folder, owner)
    user = os.environ.get("USER") or os.environ.get("USERNAME") or "an unknown user"
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    _write(file, f"process {os.getpid()} of {user} on {socket.gethostname()} since {since}")


def release(folder: Path) -> None:
    """Give a folder up that this process claimed; one that it did not claim stays as it is.

    Args:
        folder: the folder.
    """
    file = _held.pop(folder.resolve() / LOCK, None)
    if file is not None:
        try:
            _write(file, "")
        finally:
            os.close(file)


def _write(file: int, owner: str) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    os.ftruncate(file, 0)
    os.write(file, owner.encode())
