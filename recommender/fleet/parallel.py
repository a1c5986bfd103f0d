"""Many questions answered by others at once, in their order, and here where they fail."""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

from recommender.facts import Answer
from recommender.fleet.signals import ignored
from recommender.fleet.wishes import Answering, Wish, answer, here

if TYPE_CHECKING:
    from concurrent.futures import Future

# A question takes some 20 ms: a batch is long beside what it costs to send, and short to repeat.
BATCH = 8
# Batches under way for each worker: one is answered while the next one waits there.
_AHEAD = 3
# So many questions take two seconds here, as long as others take to begin.
FEW = 100
# Long past what any batch takes: who is silent for so long answers nothing any more.
_SECONDS = 120.0


class Place(Protocol):
    """Where batches of pickled wishes are answered."""

    @property
    def workers(self) -> int:
        """How many batches are answered at the same time."""

    def send(self, batch: bytes) -> "Future[bytes]":
        """Have a batch answered."""

    def give_up(self) -> None:
        """Send nothing there any more; what was sent fails."""


def answers(batch: bytes) -> bytes:
    """The answers to a batch of pickled wishes, pickled."""
    return pickle.dumps([answer(wish) for wish in pickle.loads(batch)])  # noqa: S301  # our own


def answering(wishes: Iterable[Wish], begun: Callable[[], Place | None]) -> Iterator[Answer]:
    """Answer wishes in their order: few of them here, many at the place that is begun for them."""
    every = iter(wishes)
    first = list(islice(every, FEW))
    place = begun() if len(first) == FEW else None
    asked = chain(first, every)
    yield from spread(asked, place) if place else here(asked)


@contextmanager
def everywhere() -> Iterator[Answering]:
    """What answers few questions in this process, and many on all processors of this machine."""
    begun: list[Place] = []

    def begin() -> Place | None:
        from recommender.fleet.processes import Processes, processors

        if processors() < 2:  # noqa: PLR2004  # one alone does no better
            return None
        begun.append(Processes())
        return begun[-1]

    with ignored("SIGPIPE"):
        try:
            yield partial(answering, begun=begin)
        finally:
            for place in begun:
                place.give_up()


def spread(wishes: Iterable[Wish], place: Place, seconds: float = _SECONDS) -> Iterator[Answer]:
    """The answers in the order of the wishes, a bounded number of batches under way.

    A batch that fails is answered in this process: what was wrong with its place does no harm, and
    what is wrong with a wish shows as it does everywhere.
    """
    waiting: deque[tuple[list[Wish], Future[bytes]]] = deque()
    for batch in _batches(iter(wishes)):
        waiting.append((batch, place.send(pickle.dumps(batch))))
        if len(waiting) >= place.workers * _AHEAD:
            yield from _taken(*waiting.popleft(), place, seconds)
    while waiting:
        yield from _taken(*waiting.popleft(), place, seconds)


def _batches(wishes: Iterator[Wish]) -> Iterator[list[Wish]]:
    while batch := list(islice(wishes, BATCH)):
        yield batch


def _taken(
    batch: list[Wish], sent: "Future[bytes]", place: Place, seconds: float
) -> Iterable[Answer]:
    try:
        found: list[Answer] = pickle.loads(sent.result(seconds))  # noqa: S301  # our own
    except TimeoutError:
        place.give_up()
    except Exception:  # noqa: BLE001, S110  # whatever it was, the answer is found here
        pass
    else:
        return found
    return map(answer, batch)
