"""Every serve line of an answer is one that the real program takes: options, values, choices."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.devices.catalogue import series_of
from recommender.facts import (
    Accelerator,
    Answer,
    Cpu,
    Machine,
    Memory,
    Model,
    Os,
    Platform,
    Software,
    Workload,
)
from recommender.knowledge import load
from recommender.models.rows import of_row, rows
from recommender.pipeline import recommend
from recommender.rules.conditions import holds
from recommender.rules.situation import Group, Situation, device_facts
from tests.launch.emitted_argv import UNLISTED, only, option_list, refused, served, started
from tests.launch.test_commands import CURRENT
from tests.rules.drawn import ROWS, accelerator_of

VENDORS = sorted({row["vendor"] for row in ROWS})
SYSTEMS = [
    Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39"),
    Os(family="linux", distro="fedora", version="43", libc="glibc", libc_version="2.42"),
    Os(family="windows", version="11"),
]
GGUFS = [
    Model(id="unsloth/Qwen3-8B-GGUF", params=8_190_735_360, quantization="q4_k_m", format="gguf"),
    Model(id="./a b.gguf", weights_gib=4.7, quantization="q8_0", format="gguf"),
]
MODELS = st.none() | st.sampled_from([*map(of_row, rows()), *GGUFS])
PLATFORMS = {(f.id, p.id): p for f in load().frameworks for p in f.platforms}
ARCHES = ["x86_64", "x86_64", "aarch64"]
some = settings(deadline=None, max_examples=12)
CPU = Cpu(vendor="intel", flags=("avx2", "avx512f", "amx_tile"), x86_level=4, physical_cores=32)
workloads = st.builds(
    Workload,
    use_case=st.sampled_from(sorted(load().vocabulary("use_cases"))),
    concurrency=st.sampled_from([1, 4, 32, 400]),
    context_tokens=st.sampled_from([4096, 32768, 131072]),
    priority=st.none() | st.sampled_from(sorted(load().vocabulary("priorities"))),
    features=st.lists(
        st.sampled_from(sorted(load().vocabulary("features"))), max_size=3, unique=True
    ).map(tuple),
    region=st.sampled_from([None, "CN"]),
    offline=st.booleans(),
    allow=st.just(("plugin", "source", "experimental", "wsl2")),
)


def _kinds(platform: Platform) -> list[Accelerator]:
    """The devices of the catalogue which the platform drives, as far as they alone decide."""
    kinds = [accelerator_of(row) for row in ROWS]
    facts = [device_facts(Group(members=(kind,), series=series_of(kind))) for kind in kinds]
    driven = [holds(platform.device, Situation(values=values, situations={})) for values in facts]
    return [kind for kind, is_driven in zip(kinds, driven, strict=True) if is_driven is not False]


@st.composite
def machines(draw: st.DrawFn, kinds: Sequence[Accelerator]) -> Machine:
    """A machine with one to eight devices of one of these kinds, or with none at all."""
    device = draw(st.sampled_from(kinds or [Accelerator()]))
    count = draw(st.sampled_from([1, 2, 4, 8])) if kinds else 0
    sized = replace(device, memory_gib=device.memory_gib or draw(st.sampled_from([24.0, 64.0])))
    is_apple = device.vendor == "apple"
    return Machine(
        os=Os(family="macos", version="26.1") if is_apple else draw(st.sampled_from(SYSTEMS)),
        arch="aarch64" if is_apple else draw(st.sampled_from(ARCHES)),
        cpu=CPU,
        memory=Memory(total_gib=draw(st.sampled_from([32.0, 512.0]))),
        accelerators=tuple(replace(sized, index=index) for index in range(count)),
        software=draw(st.sampled_from([CURRENT, CURRENT, Software(docker=True), Software()])),
        nodes=draw(st.sampled_from([1, 1, 2, 4])),
    )


def assert_taken(answer: Answer) -> None:
    """Nothing is said against any line, and every way to start has a line that was looked at."""
    for candidate, method, lines in served(answer):
        framework, platform = candidate.framework, candidate.platform
        for line in lines:
            said = list(refused(framework, platform, line))
            assert said == [], (framework, platform, method, line)
        if option_list(framework) and (framework, platform) not in UNLISTED:
            assert any(started(framework, line) for line in lines), lines


@pytest.mark.parametrize("name", sorted(PLATFORMS), ids="-".join)
@given(data=st.data())
@some
def test_a_platform_is_taken(name: tuple[str, str], data: st.DataObject) -> None:
    machine = data.draw(machines(_kinds(PLATFORMS[name])))
    assert_taken(recommend(machine, data.draw(workloads), data.draw(MODELS), knowledge=only(*name)))


@pytest.mark.parametrize("vendor", [*VENDORS, None])
@given(data=st.data())
@some
def test_every_answer_is_taken(vendor: str | None, data: st.DataObject) -> None:
    kinds = [accelerator_of(row) for row in ROWS if row["vendor"] == vendor]
    machine = data.draw(machines(kinds))
    assert_taken(recommend(machine, data.draw(workloads), data.draw(MODELS)))
