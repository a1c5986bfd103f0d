"""What would change the pick does so, when it is asked for."""

import shlex

import pytest

from recommender.devices.described import describe
from recommender.facts import Machine, Workload
from recommender.facts.turn import Turned
from recommender.models.catalogue import find_model
from recommender.pipeline import recommend

MACHINES = {
    "H100": describe(["H100 SXM 80GB:8"], ram_gib=1024, os="ubuntu 24.04"),
    "4090": describe(["RTX 4090"], ram_gib=64, os="ubuntu 24.04"),
    "T4": describe(["Tesla T4"], ram_gib=32, os="ubuntu 22.04"),
    "910B": describe(["Ascend 910B3:8"], ram_gib=512, os="ubuntu 22.04", arch="aarch64"),
    "MI300X": describe(["MI300X:8"], ram_gib=1024, os="ubuntu 22.04"),
    "M4": describe(["Apple M4 Max"], ram_gib=64, os="macos"),
    "none": describe([], ram_gib=64, os="ubuntu 24.04", arch="x86_64"),
}
WORK = [
    Workload(),
    Workload(use_case="production", concurrency=200),
    Workload(use_case="agents", concurrency=16, priority="latency"),
]


def _turned(machine: Machine, work: Workload, model: str | None) -> Turned:
    named = find_model(model, None, None)[0] if model else None
    answer = recommend(machine, work, named, turns=True)
    assert isinstance(answer, Turned)
    return answer


def _with(work: Workload, option: str) -> Workload:
    name, value = shlex.split(option)
    field = name.removeprefix("--").replace("-", "_")
    typed = int(value) if field == "concurrency" else value
    return Workload(**{**vars(work), field: typed})


@pytest.mark.parametrize("model", [None, "Qwen/Qwen3-14B"])
@pytest.mark.parametrize("work", WORK, ids=lambda work: str(work.use_case))
@pytest.mark.parametrize("name", MACHINES)
def test_each_option_alone_makes_that_framework_the_pick(
    name: str, work: Workload, model: str | None
) -> None:
    answer = _turned(MACHINES[name], work, model)
    for turn in answer.turns:
        assert turn.framework != answer.ranking[0].framework
        for option in turn.options:
            there = _turned(MACHINES[name], _with(work, option), model)
            assert there.ranking[0].framework == turn.framework, option
