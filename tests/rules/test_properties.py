"""What must hold of every decision, whatever the machine, the work and the model."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from recommender.facts import (
    Accelerator,
    Answer,
    Candidate,
    Cpu,
    Link,
    Machine,
    Memory,
    Model,
    Os,
    Software,
    Workload,
)
from recommender.facts.codec import decode, encode
from recommender.knowledge import document, load
from recommender.models.rows import of_row, rows
from recommender.pipeline import recommend
from recommender.render.document import as_json

ROWS: list[dict[str, Any]] = document("accelerators")["accelerators"]
BUSIEST = 400

some = settings(deadline=None, max_examples=20)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _of_row(row: Mapping[str, Any]) -> Accelerator:
    return Accelerator(
        vendor=row["vendor"],
        name=row["name"],
        memory_gib=row.get("memory_gib"),
        compute_capability=row.get("compute_capability"),
        gfx=row.get("gfx"),
        unified=row.get("unified_memory"),
    )


sizes = st.floats(min_value=0.5, max_value=400).map(lambda size: round(size, 1))
invented = st.builds(
    Accelerator,
    vendor=_maybe(st.sampled_from(["nvidia", "amd", "intel", "huawei", "nobody"])),
    name=_maybe(st.text(max_size=12)),
    memory_gib=_maybe(sizes),
    usable_gib=_maybe(st.just(0.0) | sizes),
    compute_capability=_maybe(st.sampled_from(["3.5", "6.1", "7.5", "8.9", "12.0", "20.0"])),
    gfx=_maybe(st.sampled_from(["gfx803", "gfx942", "gfx1151", "gfx9999"])),
    unified=_maybe(st.booleans()),
    driver_bound=_maybe(st.booleans()),
)
# Rows twice: most machines are real ones.
devices = st.sampled_from(ROWS).map(_of_row) | st.sampled_from(ROWS).map(_of_row) | invented


@st.composite
def accelerators(draw: st.DrawFn) -> tuple[Accelerator, ...]:
    kinds = draw(st.lists(devices, max_size=2))
    several = [kind for kind in kinds for _ in range(draw(st.sampled_from([1, 1, 2, 4, 8])))]
    return tuple(replace(device, index=index) for index, device in enumerate(several))


systems = st.sampled_from(
    [
        Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39"),
        Os(family="linux", distro="alpine", version="3.22"),
        Os(family="windows", version="11"),
        Os(family="macos", version="26.1"),
        Os(),
    ]
)
software = st.sampled_from(
    [
        Software(),
        Software(absent=("nvidia_driver", "rocm", "cann", "python"), docker=False),
        Software(
            nvidia_driver="590.48",
            rocm="7.2",
            cann="9.1.0",
            python="3.12",
            docker=True,
            installed={"llama.cpp": "9000", "vllm": "0.33.0"},
        ),
    ]
)
machines = st.builds(
    Machine,
    os=systems,
    arch=_maybe(st.sampled_from(["x86_64", "x86_64", "aarch64", "riscv64"])),
    cpu=st.builds(Cpu, flags=st.sampled_from([(), ("avx2",), ("avx2", "avx512f", "amx_tile")])),
    memory=st.builds(Memory, total_gib=_maybe(sizes), limit_gib=_maybe(sizes)),
    accelerators=accelerators(),
    links=st.sampled_from([(), (Link(kind="pcie"),), (Link(kind="nvlink"),)]),
    software=software,
    nodes=st.sampled_from([1, 1, 1, 2, 4]),
)
workloads = st.builds(
    Workload,
    use_case=st.sampled_from(sorted(load().vocabulary("use_cases"))),
    concurrency=st.sampled_from([1, 2, 5, 9, 40, BUSIEST]),
    priority=_maybe(st.sampled_from(sorted(load().vocabulary("priorities")))),
    context_tokens=st.sampled_from([1024, 8192, 131072]),
    features=st.lists(st.sampled_from(sorted(load().vocabulary("features"))), max_size=2).map(
        tuple
    ),
    install=_maybe(st.sampled_from(["docker", "pip", "native"])),
    offline=st.booleans(),
    lifecycle=_maybe(st.sampled_from(["new", "existing"])),
    allow=st.sampled_from([(), ("wsl2",), ("plugin", "source", "experimental", "wsl2")]),
)
given_models = st.sampled_from([of_row(row) for row in rows()]) | st.builds(
    Model,
    id=st.sampled_from(["somebody/Else-9B", "somebody/Else-9B-AWQ", "./a b.gguf"]),
    params=_maybe(st.integers(min_value=10**8, max_value=10**12)),
    heads=_maybe(st.sampled_from([12, 28, 64])),
    format=_maybe(st.sampled_from(["safetensors", "gguf"])),
    quantization=_maybe(st.sampled_from(["bf16", "awq-int4", "q4_k_m", "unheard-of"])),
)
models = _maybe(given_models)


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
    fitting = {item.framework for item in small.ranking if item.fit and item.fit.fits}
    assert fitting <= {item.framework for item in large.ranking}
    assert {item.framework for item in large.rejected} <= {
        item.framework for item in small.rejected
    }


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
    device = replace(_of_row(row), memory_gib=row.get("memory_gib") or 64.0)
    count = 1 if apple else count
    return Machine(
        os=Os(family="macos", version="26.1") if apple else linux,
        arch=row.get("host_arch") or ("aarch64" if apple else "x86_64"),
        memory=Memory(total_gib=256.0),
        accelerators=tuple(replace(device, index=index) for index in range(count)),
        software=Software(nvidia_driver="590.48", rocm="7.2", docker=True, python="3.12"),
    )
