"""Work that is done once and kept: side by side, with a progress bar, and whole or not at all."""

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

Job = TypeVar("Job")
Result = TypeVar("Result")


def each(
    work: Callable[[Job], Result], jobs: Sequence[Job], label: str, processes: int = 0, at_a_time: int = 1
) -> Iterator[Result]:
    """Do every job, in the order given, under a progress bar.

    Args:
        work: Function of a job; of several processes, picklable.
        jobs: The jobs.
        label: What the bar says.
        processes: Processes that work side by side; 0, or jobs for one alone, works in this one.
        at_a_time: Jobs that a process takes at once: many where they are short.

    Yields:
        Their results.
    """
    with tqdm(desc=label, total=len(jobs), mininterval=1) as bar:
        for result in _results(work, jobs, processes, at_a_time):
            bar.update()
            yield result


def _results(
    work: Callable[[Job], Result], jobs: Sequence[Job], processes: int, at_a_time: int
) -> Iterator[Result]:
    processes = min(processes, -(-len(jobs) // at_a_time))
    if processes < 2:
        yield from map(work, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(work, jobs, chunksize=at_a_time)


@contextmanager
def written_whole(file: Path) -> Iterator[Path]:
    """Give a path to write to in a folder of its own, moved to `file` once the block has ended well.

    So a stop half-way, or another process at the same work, never leaves a broken file.

    Args:
        file: The file to write; its folder is made where it is missing.

    Yields:
        The path to write to, on the same disk.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".writing-") as folder:
        temporary = Path(folder) / file.name
        yield temporary
        temporary.replace(file)
