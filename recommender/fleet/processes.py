"""Many questions answered by all processors of this machine."""

import gc
import os
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from recommender.fleet.parallel import answers
from recommender.fleet.signals import ignored

# Each takes 60 MiB, and this process cannot read what more of them answer.
_MOST = 16


class Processes:
    """As many processes as there are processors to run them."""

    def __init__(self) -> None:
        """Start them when the first batch comes."""
        self.workers = min(processors(), _MOST)
        self._ended = False
        # Nothing of this process is copied: what a command has opened stays its own.
        self._pool = ProcessPoolExecutor(
            self.workers, mp_context=get_context("spawn"), initializer=gc.disable
        )

    def send(self, batch: bytes) -> "Future[bytes]":
        """Have a batch answered."""
        with ignored("SIGINT"):
            return self._pool.submit(answers, batch)

    def give_up(self) -> None:
        """End the processes, whatever they do."""
        # There is no other way before Python 3.14 than by what the pool keeps to itself.
        pool: Any = self._pool
        for process in list((pool._processes or {}).values()):  # noqa: SLF001
            process.kill()
        # Its thread may be in the middle of an answer that a process which is gone was writing.
        results, self._ended = None if self._ended else pool._result_queue, True  # noqa: SLF001
        if results is not None:
            results._writer.close()  # noqa: SLF001
        self._pool.shutdown(cancel_futures=True)


def processors() -> int:
    """Those that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
