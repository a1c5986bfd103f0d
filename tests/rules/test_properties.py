"""What must hold of every decision, whatever the machine, the work and the model."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from recommender.facts import (
    Answer,
    Candidate,
    Machine,
    Memory,
    Model,
    Os,
    Software,
    Workload,
)
from recommender.facts.codec import decode, encode
from recommender.knowledge import load
from recommender.models.rows import of_row, rows
from recommender.pipeline import recommend
from recommender.render.document import as_json
from tests.rules.drawn import (
    BUSIEST,
    ROWS,
    accelerator_of,
    given_models,
    machines,
    models,
    some,
    workloads,
)


@some
@given(machines, workloads, models, st.sampled_from(["current", "article"]))
def test_points_make_the_score_and_scores_the_ranks(
    machine: Machine, workload: Workload, model: Model | None, rules: str
) -> None:
    ranking = recommend(machine, workload, model, rules=rules).ranking
    for candidate in ranking:
        points = sum(reason.points for reason in candidate.reasons)
        assert abs(points - candidate.score) < 0.05
    assert [candidate.rank for candidate in ranking] == list(range(1, len(ranking) + 1))
    scores = [candidate.score for candidate in ranking]
    assert scores == sorted(scores, reverse=True)


@some
@given(machines, workloads, models)
def test_every_framework_has_a_verdict(
    machine: Machine, workload: Workload, model: Model | None
) -> None:
    answer = recommend(machine, workload, model)
    ranked = [candidate.framework for candidate in answer.ranking]
    rejected = [rejection.framework for rejection in answer.rejected]
    assert len(set(ranked)) == len(ranked)
    assert len(set(rejected)) == len(rejected)
    assert {*ranked, *rejected} == {framework.id for framework in load().heads}


@some
@given(machines, workloads, models)
def test_what_is_rejected_says_why(
    machine: Machine, workload: Workload, model: Model | None
) -> None:
    for rejection in recommend(machine, workload, model).rejected:
        assert rejection.reasons
        for reason in rejection.reasons:
            assert reason.text
            assert reason.fact
            assert reason.points == 0


@some
@given(machines, workloads, models)
def test_equal_inputs_give_equal_bytes(
    machine: Machine, workload: Workload, model: Model | None
) -> None:
    again = decode(Machine, json.loads(as_json(machine, indent=False)))
    first = as_json(recommend(machine, workload, model), indent=False)
    assert as_json(recommend(again, replace(workload), model), indent=False) == first


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, Mapping):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance) for key in keys}
    return [_shuffled(item, chance) for item in value] if isinstance(value, list) else value


@some
@given(machines, workloads, models, st.randoms(use_true_random=False))
def test_the_order_of_keys_and_files_moves_nothing(
    machine: Machine, workload: Workload, model: Model | None, chance: random.Random
) -> None:
    frameworks = list(load().document["frameworks"])
    chance.shuffle(frameworks)
    other = replace(load(), document={**load().document, "frameworks": frameworks})
    same = decode(Machine, _shuffled(encode(machine), chance))
    expected = recommend(machine, workload, model)
    found = recommend(same, workload, model, knowledge=other)
    assert as_json(found.ranking, indent=False) == as_json(expected.ranking, indent=False)
    assert as_json(found.rejected, indent=False) == as_json(expected.rejected, indent=False)


def _grown(machine: Machine, more: float) -> Machine:
    def add(size: float | None) -> float | None:
        # A device without usable memory is broken or sliced; more memory does not mend it.
        return size + more if size else size

    memory = machine.memory
    return replace(
        machine,
        memory=replace(memory, total_gib=add(memory.total_gib), limit_gib=add(memory.limit_gib)),
        accelerators=tuple(
            replace(device, memory_gib=add(device.memory_gib), usable_gib=add(device.usable_gib))
            for device in machine.accelerators
        ),
    )


@settings(deadline=None, max_examples=30)
@given(machines, workloads, models, st.floats(min_value=1, max_value=300))
def test_more_memory_never_rejects_what_fits(
    machine: Machine, workload: Workload, model: Model | None, more: float
) -> None:
    small = recommend(machine, workload, model)
    large = recommend(_grown(machine, more), workload, model)
    # Where the model fits nowhere, the ranking is for another one.
    assume(not any((problem.rule or "").startswith("model.") for problem in small.problems))
    # Where the accelerators begin to serve, those that would leave them idle go.
    gone = {item.framework for item in small.ranking if not item.device and _on_devices(large)}
    fitting = {item.framework for item in small.ranking if item.fit and item.fit.fits}
    assert fitting - gone <= {item.framework for item in large.ranking}
    assert {item.framework for item in large.rejected} <= gone | {
        item.framework for item in small.rejected
    }


def _on_devices(answer: Answer) -> bool:
    return any(item.device for item in answer.ranking)


def _traits(candidate: Candidate) -> set[str]:
    platform = load().platform(candidate.framework, candidate.platform)
    return {*load().framework(candidate.framework).traits, *platform.traits}


def _with_trait(answer: Answer, trait: str) -> dict[tuple[str, str], float]:
    """Points besides those for the build and the memory, which depend on the model alone."""
    return {
        (item.framework, item.platform): sum(
            reason.points for reason in item.reasons if not reason.rule.startswith("fit.")
        )
        for item in answer.ranking
        if trait in _traits(item)
    }


def _never_favours_slots(machine: Machine, workload: Workload, model: Model | None) -> None:
    """Compare half of the workload's users with all of them, at an equal priority."""
    fixed = replace(workload, priority=workload.priority or "throughput")
    loads = (workload.concurrency // 2, workload.concurrency)
    few, many = (recommend(machine, replace(fixed, concurrency=n), model) for n in loads)
    before, after = _with_trait(few, "slots"), _with_trait(many, "slots")
    batched, batched_after = (_with_trait(a, "continuous-batching") for a in (few, many))
    for slots in before.keys() & after.keys():
        for batching in batched.keys() & batched_after.keys():
            lead = before[slots] - batched[batching]
            assert after[slots] - batched_after[batching] <= lead + 0.05, (slots, batching)


common_rows = st.sampled_from([row for row in ROWS if row["vendor"] in {"nvidia", "amd", "apple"}])
loads = st.integers(min_value=2, max_value=BUSIEST)
QWEN_8B = of_row(next(row for row in rows() if row["id"] == "Qwen/Qwen3-8B"))
RTX_5090 = next(row for row in ROWS if row["name"] == "GeForce RTX 5090")


@settings(deadline=None, max_examples=30)
@given(common_rows, st.sampled_from([1, 2, 8]), workloads, given_models, loads)
@example(RTX_5090, 1, Workload(use_case="agents"), QWEN_8B, 8)
def test_more_users_never_favour_slots_over_batching(
    row: Mapping[str, Any], count: int, workload: Workload, model: Model, users: int
) -> None:
    _never_favours_slots(_usual(row, count), replace(workload, concurrency=users), model)


@settings(deadline=None, max_examples=15)
@given(common_rows, st.sampled_from([1, 2, 8]), workloads, loads)
def test_nor_where_the_model_is_proposed(
    row: Mapping[str, Any], count: int, wish: Workload, users: int
) -> None:
    _never_favours_slots(_usual(row, count), replace(wish, concurrency=users), None)


def _usual(row: Mapping[str, Any], count: int) -> Machine:
    apple = row["vendor"] == "apple"
    linux = Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39")
    device = replace(accelerator_of(row), memory_gib=row.get("memory_gib") or 64.0)
    count = 1 if apple else count
    return Machine(
        os=Os(family="macos", version="26.1") if apple else linux,
        arch=row.get("host_arch") or ("aarch64" if apple else "x86_64"),
        memory=Memory(total_gib=256.0),
        accelerators=tuple(replace(device, index=index) for index in range(count)),
        software=Software(nvidia_driver="590.48", rocm="7.2", docker=True, python="3.12"),
    )
