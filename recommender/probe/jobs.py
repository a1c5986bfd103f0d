"""Work that may hang, in a thread that the caller need not wait for."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Job(Generic[T]):
    """One call in a daemon thread: it can be given up but not killed."""

    def __init__(self, work: Callable[[], T]) -> None:
        """Start ``work``; where the system grants no more threads, it is done at once."""
        self._work = work
        self._done = threading.Event()
        self._error: BaseException | None = None
        self._value: list[T] = []
        try:
            threading.Thread(target=self._run, daemon=True).start()
        except RuntimeError:
            self._run()

    def wait(self, seconds: float) -> bool:
        """Wait up to ``seconds`` for the end; whether it has come."""
        return self._done.wait(max(seconds, 0))

    def result(self, seconds: float = 0) -> T:
        """What the work returned.

        Raises:
            TimeoutError: the work is not done after ``seconds``.
            BaseException: whatever the work raised.

        """
        if not self.wait(seconds):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._value[0]

    def _run(self) -> None:
        try:
            self._value.append(self._work())
        except BaseException as error:  # noqa: BLE001  # belongs to the one who asks for the result
            self._error = error
        self._done.set()
