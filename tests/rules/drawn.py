"""Machines, work and models that properties are tried with: rows of knowledge/ and inventions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from recommender.facts import (
    Accelerator,
    Cpu,
    Link,
    Machine,
    Memory,
    Model,
    Os,
    Software,
    Workload,
)
from recommender.knowledge import document, load
from recommender.models.rows import of_row, rows

ROWS: list[dict[str, Any]] = document("accelerators")["accelerators"]
BUSIEST = 400

some = settings(deadline=None, max_examples=20)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def accelerator_of(row: Mapping[str, Any]) -> Accelerator:
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
    vendor=maybe(st.sampled_from(["nvidia", "amd", "intel", "huawei", "nobody"])),
    name=maybe(st.text(max_size=12)),
    memory_gib=maybe(sizes),
    usable_gib=maybe(st.just(0.0) | sizes),
    compute_capability=maybe(st.sampled_from(["3.5", "6.1", "7.5", "8.9", "12.0", "20.0"])),
    gfx=maybe(st.sampled_from(["gfx803", "gfx942", "gfx1151", "gfx9999"])),
    unified=maybe(st.booleans()),
    driver_bound=maybe(st.booleans()),
)
# Rows twice: most machines are real ones.
devices = (
    st.sampled_from(ROWS).map(accelerator_of) | st.sampled_from(ROWS).map(accelerator_of) | invented
)


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
    arch=maybe(st.sampled_from(["x86_64", "x86_64", "aarch64", "riscv64"])),
    cpu=st.builds(Cpu, flags=st.sampled_from([(), ("avx2",), ("avx2", "avx512f", "amx_tile")])),
    memory=st.builds(Memory, total_gib=maybe(sizes), limit_gib=maybe(sizes)),
    accelerators=accelerators(),
    links=st.sampled_from([(), (Link(kind="pcie"),), (Link(kind="nvlink"),)]),
    software=software,
    nodes=st.sampled_from([1, 1, 1, 2, 4]),
)
workloads = st.builds(
    Workload,
    use_case=st.sampled_from(sorted(load().vocabulary("use_cases"))),
    concurrency=st.sampled_from([1, 2, 5, 9, 40, BUSIEST]),
    priority=maybe(st.sampled_from(sorted(load().vocabulary("priorities")))),
    context_tokens=st.sampled_from([1024, 8192, 131072]),
    features=st.lists(st.sampled_from(sorted(load().vocabulary("features"))), max_size=2).map(
        tuple
    ),
    install=maybe(st.sampled_from(["docker", "pip", "native"])),
    offline=st.booleans(),
    lifecycle=maybe(st.sampled_from(["new", "existing"])),
    allow=st.sampled_from([(), ("wsl2",), ("plugin", "source", "experimental", "wsl2")]),
)
given_models = st.sampled_from([of_row(row) for row in rows()]) | st.builds(
    Model,
    id=st.sampled_from(["somebody/Else-9B", "somebody/Else-9B-AWQ", "./a b.gguf"]),
    params=maybe(st.integers(min_value=10**8, max_value=10**12)),
    heads=maybe(st.sampled_from([12, 28, 64])),
    format=maybe(st.sampled_from(["safetensors", "gguf"])),
    quantization=maybe(st.sampled_from(["bf16", "awq-int4", "q4_k_m", "unheard-of"])),
)
models = maybe(given_models)
