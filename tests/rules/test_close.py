"""A second place that is close says so, and for what it would be the first."""

import re

from recommender.devices.described import describe
from recommender.facts import Answer, Workload
from recommender.pipeline import recommend


def _close(answer: Answer) -> list[str]:
    return [
        warning.text
        for item in answer.ranking
        for warning in item.warnings
        if warning.rule == "ranking.close"
    ]


def _asked(use_case: str, users: int) -> Answer:
    machine = describe(["H100 SXM 80GB:2"], ram_gib=256, os="ubuntu-24.04")
    return recommend(machine, Workload(use_case=use_case, concurrency=users))


def test_a_close_second_names_the_gap_and_what_would_turn_it() -> None:
    answer = _asked("hf-ecosystem", 30)
    first, second = answer.ranking[:2]
    (text,) = _close(answer)
    assert 0 <= first.score - second.score <= 6
    assert f"{first.score - second.score:g} points" in text
    (use_case,) = re.findall(r"first with --use-case ([a-z-]+)", text)
    assert _asked(use_case, 30).ranking[0].framework == second.framework


def test_a_clear_lead_is_not_called_close() -> None:
    answer = _asked("production", 200)
    assert answer.ranking[0].score - answer.ranking[1].score > 6
    assert _close(answer) == []
