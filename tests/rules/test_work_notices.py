"""What is said of the work itself, before anything is ranked."""

import pytest

from recommender.devices.described import describe
from recommender.facts import Problem, Workload
from recommender.pipeline import recommend

RULE = "work.personal-crowd"


def _problems(work: Workload, lang: str = "en") -> list[Problem]:
    answer = recommend(describe(["RTX 4090"]), work, None, lang=lang)
    return [problem for problem in answer.problems if problem.rule == RULE]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_many_users_of_the_default_use_case_are_told_what_naming_one_changes(lang: str) -> None:
    (problem,) = _problems(Workload(concurrency=20), lang)
    assert "20" in problem.what
    assert "--use-case production" in (problem.fix or "")


@pytest.mark.parametrize(
    "work", [Workload(concurrency=8), Workload(use_case="production", concurrency=20)]
)
def test_few_users_and_a_named_use_case_are_told_nothing(work: Workload) -> None:
    assert not _problems(work)
