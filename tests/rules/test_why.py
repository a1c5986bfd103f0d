"""Why a framework does not run or lead, and what of the work would put it first."""

from recommender.facts import Workload
from recommender.pipeline import recommend, why_not
from recommender.rules import why
from recommender.rules.grouping import groups
from recommender.rules.ranking import decide
from recommender.rules.turns import turns
from tests.rules.asked import question


def test_every_platform_that_was_tried_says_what_failed() -> None:
    asked = question(["Tesla T4"])
    devices = groups(asked.machine)
    refusal = next(r for r in decide(asked, devices).refused if r.framework.id == "sglang")
    (obstacle,) = why.obstacles(asked, refusal, devices)
    assert obstacle.device == "Tesla T4"
    (reason,) = obstacle.reasons
    assert (reason.rule, reason.fact) == (
        "sglang.cuda.capability",
        "device.compute_capability = 7.5",
    )
    assert reason.source
    assert reason.fix


def test_a_framework_without_a_backend_says_what_it_runs_on() -> None:
    found = why_not("tensorrt-llm", question(["MI300X:8"]).machine, Workload())
    assert found.rank is None
    assert "NVIDIA" in found.obstacles[0].reasons[0].text
    assert found.change
    assert "NVIDIA" not in found.framework


def test_what_leads_has_nothing_ahead() -> None:
    machine = question(["H100 80GB:8"]).machine
    found = why_not("vllm", machine, Workload(use_case="production", concurrency=100))
    assert (found.rank, found.obstacles, found.change, found.ahead) == (1, (), (), None)


def test_what_does_not_lead_says_by_what_and_what_would_turn_it() -> None:
    machine = question(["H100 80GB:8"]).machine
    work = Workload(use_case="production", concurrency=100)
    found = why_not("sglang", machine, work)
    assert found.ahead
    assert found.ahead.framework == "vllm"
    assert "article.1" in {reason.rule for reason in found.ahead.theirs}
    assert "--use-case agents" in found.ahead.turns
    turned = Workload(use_case="agents", concurrency=100)
    assert recommend(machine, turned).ranking[0].framework == "sglang"


def test_turns_change_the_order() -> None:
    asked = question(["H100 80GB"], work=Workload(use_case="production", concurrency=64))
    first, second, *_ = decide(asked, groups(asked.machine)).ranking
    found = list(turns(asked, [first], second, ("use-case", "priority", "need")))
    assert len(found) == len(set(found))
    assert all(option.startswith("--") for option in found)
    assert not list(turns(asked, [first], first, ("use-case",)))
