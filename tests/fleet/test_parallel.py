"""Questions answered by others: in order, a few under way, and here where others fail."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.facts import Answer, Workload
from recommender.fleet import parallel, processes
from recommender.fleet.parallel import answering, answers, everywhere, spread
from recommender.fleet.wishes import Wish, here
from tests.cli.conftest import Run
from tests.fleet.machines import distinct, wishes
from tests.fleet.test_pools import line


class Place:
    """Answers in this process, or fails in the named way."""

    workers = 2

    def __init__(self, *failing: BaseException | None) -> None:
        self.failing = list(failing)
        self.sent = self.most = self.given_up = 0
        self.under_way: list[Future[bytes]] = []

    def send(self, batch: bytes) -> "Future[bytes]":
        self.sent += 1
        future: Future[bytes] = Future()
        failure = self.failing.pop(0) if self.failing else None
        if isinstance(failure, TimeoutError):
            return future
        if failure:
            future.set_exception(failure)
        else:
            future.set_result(answers(batch))
        return future

    def give_up(self) -> None:
        self.given_up += 1


@pytest.fixture(scope="module")
def asked() -> tuple[list[Wish], list[Answer]]:
    """Questions that make three batches, and their answers."""
    few = wishes(2 * parallel.BATCH + 3)
    return few, list(here(few))


def test_the_order_is_kept(asked: tuple[list[Wish], list[Answer]]) -> None:
    place = Place()
    assert list(spread(asked[0], place)) == asked[1]
    assert (place.sent, place.given_up) == (3, 0)


def test_what_fails_there_is_answered_here(asked: tuple[list[Wish], list[Answer]]) -> None:
    place = Place(RuntimeError("lost"), None, OSError())
    assert list(spread(asked[0], place)) == asked[1]


def test_what_is_silent_is_given_up(asked: tuple[list[Wish], list[Answer]]) -> None:
    place = Place(None, TimeoutError())
    assert list(spread(asked[0], place, seconds=0.1)) == asked[1]
    assert place.given_up == 1


def test_a_wish_that_is_wrong_is_wrong_everywhere() -> None:
    wish = Wish(machine=wishes(1)[0].machine, workload=Workload(use_case="chat"), lang="xx")
    with pytest.raises(KeyError) as alone:
        list(here([wish]))
    with pytest.raises(KeyError, match=str(alone.value)):
        list(spread([wish], Place(ValueError("lost"))))


def test_few_are_under_way_at_the_same_time() -> None:
    taken = 0

    def endless() -> Iterator[Wish]:
        nonlocal taken
        (wish,) = wishes(1)
        while True:
            taken += 1
            yield wish

    next(spread(endless(), Place()))
    assert taken <= Place.workers * 3 * parallel.BATCH


def test_few_questions_begin_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Place] = []

    def begin() -> Place:
        begun.append(Place())
        return begun[-1]

    monkeypatch.setattr(parallel, "FEW", 4)
    assert len(list(answering(wishes(3), begin))) == 3
    assert begun == []
    assert list(answering(wishes(5), begin)) == list(here(wishes(5)))
    assert len(begun) == 1


def test_processes_answer_the_same_bytes(
    llmpick: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fleet.jsonl"
    file.write_bytes(b"".join(line(f"n{n}", machine) for n, machine in enumerate(distinct(20))))
    question = ("fleet", str(file), "--json", "--use-case", "production", "--concurrency", "50")
    alone = llmpick(*question)
    assert (alone.code, alone.err) == (0, "")
    monkeypatch.setattr(parallel, "FEW", 4)
    monkeypatch.setattr(processes, "processors", lambda: 2)
    started = []
    start = processes.Processes.__init__

    def counted(self: processes.Processes) -> None:
        started.append(self)
        start(self)

    monkeypatch.setattr(processes.Processes, "__init__", counted)
    assert llmpick(*question).out == alone.out
    assert len(started) == 1


def test_processes_that_die_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "FEW", 1)
    place = processes.Processes()
    asked = wishes(20)
    found = answering(asked, lambda: place)
    first = next(found)
    place.give_up()
    assert [first, *found] == list(here(asked))


def test_one_processor_answers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "FEW", 1)
    monkeypatch.setattr(processes, "processors", lambda: 1)
    monkeypatch.setattr(processes, "Processes", None)
    asked: Iterable[Wish] = wishes(2)
    with everywhere() as ask:
        assert list(ask(asked)) == list(here(asked))


def test_an_error_reaches_the_reader() -> None:
    def wrong() -> Iterator[Wish]:
        message = "wrong"
        yield from wishes(1)
        raise InputError(message)

    with pytest.raises(InputError, match="wrong"), everywhere() as ask:
        list(ask(wrong()))
