"""What feeds tell of many frameworks at the same time, all of it in bounded time."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeAlias

from recommender.errors import InputError
from recommender.facts.release import Feed, Newest, Tracked
from recommender.releases import github, index

# The slowest of them must not hold the command for ever.
DEADLINE_S = 20.0
_AT_ONCE = 12
Told: TypeAlias = tuple[Feed, Newest]
Ask: TypeAlias = Callable[[Feed], Newest]


def asks(github_address: str) -> Ask:
    """What asks one feed; the address is that of GitHub where the user names none."""

    def ask(feed: Feed) -> Newest:
        if feed.package:
            return index.newest(feed, index.files(index.address(), feed.package))
        return github.newest(feed, github.address(github_address))

    return ask


def ask_all(
    tracked: Iterable[Tracked], ask: Ask, deadline_s: float = DEADLINE_S
) -> dict[Tracked, Told | InputError]:
    """What the first feed that answers tells of each, or why none does."""
    answers: dict[Tracked, Future[Told]] = {one: Future() for one in tracked}
    waiting: SimpleQueue[Tracked] = SimpleQueue()
    for one in answers:
        waiting.put(one)

    def work() -> None:
        try:
            while True:
                one = waiting.get_nowait()
                _settle(answers[one], one, ask)
        except Empty:
            return

    # Daemons: one that hangs does not hold the process when it ends.
    for _ in range(min(_AT_ONCE, len(answers))):
        Thread(target=work, daemon=True).start()
    until = time.monotonic() + deadline_s
    return {one: _awaited(answer, until, deadline_s) for one, answer in answers.items()}


def _settle(answer: "Future[Told]", tracked: Tracked, ask: Ask) -> None:
    failed: Exception = InputError("no feed is known")
    for feed in tracked.feeds:
        try:
            answer.set_result((feed, ask(feed)))
        except Exception as error:  # noqa: BLE001  # it is raised where the answer is awaited
            failed = error
        else:
            return
    answer.set_exception(failed)


def _awaited(answer: "Future[Told]", until: float, deadline_s: float) -> Told | InputError:
    try:
        return answer.result(max(until - time.monotonic(), 0.0))
    except InputError as error:
        return error
    except TimeoutError:
        return InputError(f"no answer in {deadline_s:.0f} s; try again later")
