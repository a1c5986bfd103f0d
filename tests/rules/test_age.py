"""How old facts are, and what is behind."""

from datetime import date

import pytest

from recommender.facts import Answer, Candidate, Machine, Os, Reason, Rejection, Workload
from recommender.knowledge import load
from recommender.pipeline import recommend
from recommender.rules.age import aged, is_old, state
from recommender.versions import rank

TODAY = date(2026, 11, 23)
WORDS = load().speak("en")


@pytest.mark.parametrize(
    ("version", "newest", "checked", "said"),
    [
        ("0.33.0", "0.33.0", "2026-11-22", "current"),
        ("0.33", "0.33.0", "2026-11-22", "current"),
        ("0.33.0", "0.33.0.post1", "2026-11-22", "behind"),
        ("0.9.9", "0.10.0", "2026-11-22", "behind"),
        ("b11669", "b11549", "2026-11-22", "current"),
        ("b11669", "b11670", "2026-01-01", "behind"),
        ("0.33.0", "0.33.0", "2026-08-25", "current"),
        ("0.33.0", "0.33.0", "2026-08-24", "old"),
        ("0.33.0", None, "2026-08-25", "day"),
        ("0.33.0", None, "2026-08-24", "old"),
        ("1.3.0rc13", "1.4.0", "2026-11-22", "day"),
    ],
)
def test_state(version: str, newest: str | None, checked: str, said: str) -> None:
    assert state(version, newest, checked, TODAY) == said


def test_what_is_no_release_has_no_rank() -> None:
    trials = ("0.30.0rc2", "1.7.0.dev20261026", "1.0a1", "nightly", "", "9" * 5000)
    assert [rank(name) for name in trials] == [None] * len(trials)


@pytest.mark.parametrize("today", [date(1970, 1, 1), date(2026, 11, 20), date(2027, 2, 20)])
def test_young_facts_and_a_clock_before_them_say_nothing(today: date) -> None:
    assert not is_old("2026-11-22", today)
    assert _old(_answer(today)) == []


def test_an_answer_says_once_that_its_facts_are_old() -> None:
    (said,) = _old(_answer(date(2027, 2, 22)))
    assert "checked more than 90 days ago, the oldest on 2026-11-22" in said
    answer = _answer(date(2027, 6, 1), lang="zh")
    assert len(_old(answer)) == 1
    assert "2026-11-22" in _old(answer)[0]


def test_nothing_is_said_where_no_day_is_given() -> None:
    assert _old(_answer(None)) == []


def test_the_article_and_an_estimate_do_not_age() -> None:
    def reasons(layer: str) -> list[str]:
        reason = Reason(rule="r", points=1, layer=layer, checked="2026-01-22")
        candidate = Candidate(
            rank=1,
            framework="vllm",
            platform="cuda",
            support="supported",
            score=1,
            reasons=(reason,),
        )
        days = {("vllm", "cuda"): "2026-11-22"}
        return [one.what for one in aged((candidate,), (), days, TODAY, WORDS)]

    assert reasons("article") == reasons("estimate") == []
    (said,) = reasons("corrections")
    assert said.startswith("1 of the 2 facts that decided were checked more than 90 days ago")
    assert "the oldest on 2026-01-22" in said


def test_what_rejected_a_framework_decided_too() -> None:
    reason = Reason(rule="r", checked="2026-01-22")
    rejected = (Rejection(framework="tgi", platform="cuda", reasons=(reason,)),)
    (said,) = aged((), rejected, {}, TODAY, WORDS)
    assert said.rule == "knowledge.old"
    assert said.fix


def _answer(today: date | None, lang: str = "en") -> Answer:
    machine = Machine(os=Os(family="linux"), arch="x86_64")
    return recommend(machine, Workload(), lang=lang, today=today)


def _old(answer: Answer) -> list[str]:
    return [problem.what for problem in answer.problems if problem.rule == "knowledge.old"]
