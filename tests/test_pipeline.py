"""From a machine and a wish to an answer: groups of devices, layers, warnings, problems."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import __version__
from recommender.facts import (
    Accelerator,
    Answer,
    Fit,
    Link,
    Machine,
    Memory,
    Model,
    Os,
    Problem,
    Reason,
    Software,
    Workload,
)
from recommender.knowledge import load
from recommender.pipeline import recommend
from recommender.render.document import as_json
from recommender.rules.grouping import groups
from tests.rules.drawn import machines, models, some, workloads

UNREPLACED = re.compile(r"\{[a-z0-9_.]+\}")

H100 = Accelerator(vendor="nvidia", name="H100 SXM 80GB", memory_gib=80.0, index=0)
T4 = Accelerator(vendor="nvidia", name="Tesla T4", memory_gib=16.0, index=1)
LINUX = Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39")
SOFTWARE = Software(nvidia_driver="590.48", docker=True, python="3.12")
MACHINE = Machine(
    os=LINUX,
    arch="x86_64",
    memory=Memory(total_gib=256.0),
    accelerators=(H100,),
    software=SOFTWARE,
)
WINDOWS = replace(MACHINE, os=Os(family="windows", version="11"))


def _numbered(*devices: Accelerator) -> tuple[Accelerator, ...]:
    return tuple(replace(device, index=index) for index, device in enumerate(devices))


def _sizes(machine: Machine) -> list[tuple[str | None, int]]:
    return [(group.first.name, len(group.members)) for group in groups(machine)]


def test_equal_devices_work_together_in_the_order_of_the_machine() -> None:
    machine = replace(MACHINE, accelerators=_numbered(T4, H100, T4, H100, H100))
    assert _sizes(machine) == [(T4.name, 2), (H100.name, 3)]
    assert groups(Machine()) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(H100, memory_gib=40.0),
        replace(H100, partition="1g.10gb"),
        replace(H100, driver_bound=False),
        replace(H100, usable_gib=0.0),
        replace(H100, vendor="amd"),
        replace(H100, compute_capability="12.0"),
    ],
)
def test_devices_that_differ_stay_apart(other: Accelerator) -> None:
    machine = replace(MACHINE, accelerators=_numbered(H100, other))
    assert [len(group.members) for group in groups(machine)] == [1, 1]


def test_what_differs_by_a_driver_reading_alone_is_equal() -> None:
    near = replace(H100, memory_gib=79.98, usable_gib=70.0)
    assert len(groups(replace(MACHINE, accelerators=_numbered(H100, near)))) == 1


def test_a_name_tells_what_the_device_did_not() -> None:
    (group,) = groups(MACHINE)
    assert group.first.compute_capability == "9.0"
    said = replace(H100, compute_capability="8.0")
    assert groups(replace(MACHINE, accelerators=(said,)))[0].first.compute_capability == "8.0"


def test_a_link_is_that_of_all_members() -> None:
    two = replace(MACHINE, accelerators=_numbered(H100, H100, T4, T4))
    linked = replace(two, links=(Link(kind="nvlink", devices=(0, 1)), Link(kind="pcie")))
    assert [group.link for group in groups(linked)] == ["nvlink", "pcie"]
    some = replace(two, links=(Link(kind="nvlink", devices=(0, 2)),))
    assert [group.link for group in groups(some)] == [None, None]


def test_an_answer_names_what_it_was_made_of() -> None:
    answer = recommend(MACHINE, Workload(), rules="article")
    assert answer.llmpick_version == __version__
    assert answer.knowledge_date == load().date
    assert answer.rules == "article"
    assert (answer.machine, answer.workload) == (MACHINE, Workload())


def test_the_model_is_the_one_asked_for_else_the_picks() -> None:
    proposed = recommend(MACHINE, Workload())
    first = proposed.ranking[0].fit
    assert proposed.model is not None
    assert first is not None
    assert (first.model or "").rpartition("/")[2].startswith(proposed.model.id.split("/")[1][:5])
    asked = recommend(MACHINE, Workload(), Model(id="Qwen/Qwen3-8B")).model
    assert asked is not None
    assert (asked.id, asked.params) == ("Qwen/Qwen3-8B", 8190735360)
    own = recommend(MACHINE, Workload(), Model(id="Qwen/Qwen3-8B", params=5)).model
    assert own is not None
    assert own.params == 5


def test_nothing_runs_and_nothing_is_proposed() -> None:
    answer = recommend(
        replace(MACHINE, accelerators=(), arch="vax", os=Os(family="vms")), Workload()
    )
    assert answer.ranking == ()
    assert answer.model is None
    assert {rejection.framework for rejection in answer.rejected} == {
        framework.id for framework in load().heads
    }


def test_problems_come_from_the_question_the_machine_and_the_knowledge() -> None:
    mine, its = Problem(what="the wish"), Problem(what="the probe")
    unbound = replace(MACHINE, problems=(its,), accelerators=(replace(H100, driver_bound=False),))
    problems = recommend(unbound, Workload(), problems=[mine]).problems
    assert problems[:2] == (mine, its)
    assert all(problem.rule for problem in problems[2:])


def test_an_unbound_device_is_no_reason_to_hide_the_processor() -> None:
    unbound = replace(MACHINE, accelerators=(replace(H100, driver_bound=False),))
    answer = recommend(unbound, Workload())
    assert answer.ranking
    assert {candidate.device for candidate in answer.ranking} == {None}
    rules = {reason.rule for item in answer.rejected for reason in item.reasons}
    assert "driver.bound" in rules


def test_corrections_are_warnings_beside_the_points() -> None:
    wish = Workload(use_case="hf-ecosystem", lifecycle="existing")
    (tgi,) = (item for item in recommend(MACHINE, wish).ranking if item.framework == "tgi")
    warned = {rule.rule for rule in load().rules if rule.warn}
    moved = {reason.rule for reason in tgi.reasons}
    assert warned & moved
    assert warned & moved <= {warning.rule for warning in tgi.warnings}


def test_windows_gets_what_runs_there_unless_wsl2_is_allowed() -> None:
    model = Model(id="Qwen/Qwen3-8B")
    plain = recommend(WINDOWS, Workload(), model)
    through = recommend(WINDOWS, Workload(allow=("wsl2",)), model)
    assert "vllm" not in {item.framework for item in plain.ranking}
    (vllm,) = (item for item in through.ranking if item.framework == "vllm")
    assert vllm.support == "plugin"
    (rejected,) = (item for item in plain.rejected if item.framework == "vllm")
    assert any("WSL2" in (reason.fix or "") for reason in rejected.reasons)


def test_other_knowledge_decides() -> None:
    document = load().document
    kept = [item for item in document["frameworks"] if item["id"] == "llama.cpp"]
    answer = recommend(
        MACHINE, Workload(), knowledge=replace(load(), document={**document, "frameworks": kept})
    )
    assert [item.framework for item in answer.ranking] == ["llama.cpp"]
    assert answer.rejected == ()


def test_a_candidate_names_the_device_it_uses() -> None:
    machine = replace(MACHINE, accelerators=_numbered(T4, H100))
    answer = recommend(machine, Workload(), Model(id="Qwen/Qwen3-32B"))
    assert {item.device for item in answer.ranking if item.framework == "vllm"} == {H100.name}


def _said(answer: Answer) -> Iterator[Reason]:
    for candidate in answer.ranking:
        yield from (*candidate.reasons, *candidate.warnings)
    for rejection in answer.rejected:
        yield from rejection.reasons


@some
@given(machines, workloads, models)
def test_the_article_never_reads_a_correction(
    machine: Machine, workload: Workload, model: Model | None
) -> None:
    corrections = {**load().document["corrections"], "rules": []}
    without = replace(load(), document={**load().document, "corrections": corrections})
    article = recommend(machine, workload, model, rules="article")
    assert "corrections" not in {reason.layer for reason in _said(article)}
    plain = recommend(machine, workload, model, rules="article", knowledge=without)
    assert as_json(article, indent=False) == as_json(plain, indent=False)


def _decision(answer: Answer) -> list[object]:
    ranking = [
        (item.rank, item.score, item.platform, _placed(item.fit), _rules(item.reasons))
        for item in answer.ranking
    ]
    warnings = [[reason.rule for reason in item.warnings] for item in answer.ranking]
    commands = [
        (item.launch.method, item.launch.install, item.launch.serve, item.launch.check)
        for item in answer.ranking
        if item.launch
    ]
    rejected = [(item.framework, item.platform, _rules(item.reasons)) for item in answer.rejected]
    return [ranking, warnings, commands, rejected, [problem.rule for problem in answer.problems]]


def _placed(fit: Fit | None) -> tuple[Fit | None, int]:
    """The placement without its sentences, and how many there are."""
    if fit is None:
        return None, 0
    return replace(fit, choices=(), alternative=None), len(fit.choices) + bool(fit.alternative)


def _rules(reasons: tuple[Reason, ...]) -> list[tuple[str, float, str, str | None]]:
    return [(reason.rule, reason.points, reason.layer, reason.source) for reason in reasons]


@some
@given(machines, workloads, models, st.sampled_from(["current", "article"]))
def test_both_languages_tell_the_same_decision(
    machine: Machine, workload: Workload, model: Model | None, rules: str
) -> None:
    english = recommend(machine, workload, model, rules=rules)
    chinese = recommend(machine, workload, model, rules=rules, lang="zh")
    assert _decision(english) == _decision(chinese)
    for answer in (english, chinese):
        for sentence in _sentences(answer):
            assert not UNREPLACED.search(sentence)


def _sentences(answer: Answer) -> Iterator[str]:
    for reason in _said(answer):
        yield from (reason.text, reason.fix or "", reason.fact or "")
    problems: tuple[Problem, ...] = answer.problems
    for problem in problems:
        yield from (problem.what, problem.fix or "")
    for candidate in answer.ranking:
        yield from candidate.launch.notes if candidate.launch else ()


def test_the_places_of_a_tie_go_by_name() -> None:
    bare = replace(
        load(),
        document={
            **load().document,
            **{name: {"rules": []} for name in ("recommendations", "workload", "corrections")},
        },
    )
    ranking = recommend(MACHINE, Workload(), knowledge=bare).ranking
    names = [candidate.framework for candidate in ranking]
    assert len(names) > 1
    assert {candidate.score for candidate in ranking} == {0.0}
    assert names == sorted(names)
