"""The cache folder, and jobs under a progress bar."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

Job = TypeVar("Job")
Result = TypeVar("Result")


def default_cache_dir() -> Path:
    """The cache folder: MONAI_BLURVAE_CACHE if set, else monai_blurvae in XDG_CACHE_HOME or ~/.cache.

    Its content can be deleted at any time: it is made again.

    Returns:
        The folder, which may not exist yet.
    """
    own = os.environ.get("MONAI_BLURVAE_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "monai_blurvae"


def each(
    work: Callable[[Job], Result], jobs: Sequence[Job], label: str, processes: int = 0, at_a_time: int = 1
) -> Iterator[Result]:
    """Do every job, in the order given, under a progress bar, and yield the results.

    Args:
        work: function of a job; picklable if there are several processes.
        jobs: the jobs.
        label: text of the bar.
        processes: processes that work in parallel; 0, or jobs for a single one, works in this process.
        at_a_time: jobs that a process takes at once: many if they are short.

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
