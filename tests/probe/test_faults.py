"""Tools that hang, crash, flood or vanish: the rest of the machine is unharmed.

One computer has a device of every vendor; every tool that any reader asks is on its path.
"""

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from recommender.probe import tools
from tests.probe.conftest import Root
from tests.probe.test_survey import in_a_process, running

# Killed processes take a moment to be gone on a busy machine.
_PATIENCE = 3.0

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

# PCI ids, class and kernel driver of one device of each vendor.
DEVICES = (
    ("10de:2330", "030200", "nvidia"),
    ("1002:74a1", "120000", "amdgpu"),
    ("8086:e20b", "030000", "xe"),
    ("1da3:1060", "120000", "habanalabs"),
    ("19e5:d802", "120000", "devdrv"),
    ("1d0f:7364", "088000", "neuron"),
    ("1ae0:0063", "120000", "vfio-tpu"),
    ("cabc:0370", "120000", "cambricon"),
    ("1ed5:0323", "030200", "mtgpu"),
    ("9999:4001", "030200", "metax"),
    ("1d94:6210", "0b4000", "hydcu"),
    ("1e3e:0002", "120000", "iluvatar"),
    ("1ded:6001", "120000", "alixpu"),
    ("17cb:a100", "120000", "qaic"),
)
TOOLS = (
    *("nvidia-smi", "amd-smi", "rocm-smi", "rocminfo", "xpu-smi", "hl-smi", "npu-smi"),
    *("neuron-ls", "cnmon", "mthreads-gmi", "mx-smi", "hy-smi", "ixsmi", "ppu-smi", "qaic-util"),
    *("vulkaninfo", "clinfo", "lspci", "lscpu", "ollama", "llama-server", "nvidia-ctk"),
)
FAULTS: Mapping[str, str] = {
    "hangs": "sleep 61",
    "hangs-with-a-child": "sleep 61 & sleep 61",
    "leaves-a-child": "sleep 61 & exit 0",
    "crashes": "kill -SEGV $$",
    "prints-garbage": "head -c 200000 /dev/urandom; exit 1",
    "prints-a-flood": "head -c 100000000 /dev/zero | tr '\\0' '|'",
    "prints-half": "printf '+---+\\n| 0  X | 0000:c1:0'; kill -KILL $$",
    "vanishes": 'rm -- "$0"; printf "[{"; kill -KILL $$',
    "is-silent": "exit 0",
    "prints-control-characters": "printf '\\033[2J\\000\\r\\n| \\033]0;x\\007 |\\n'",
}
HEALTHY = """cat <<'END'
+-----------------------------------------------+
| npu-smi 25.5.2          Version: 25.5.2       |
+---------+---------------+---------------------+
| NPU Name| Health        | Power(W)    Temp(C) |
| Chip    | Bus-Id        | AICore(%)  Memory-Usage(MB)  HBM-Usage(MB) |
+=========+===============+=====================+
| 0 910B3 | OK            | 90.4        32      0 / 0 |
| 0       | 0000:44:00.0  | 0   0 / 0    1024/ 65536  |
+=========+===============+=====================+
END"""


@pytest.fixture
def everything(root: Root) -> Root:
    """A computer with a device of every vendor."""
    for place, (ids, class_, driver) in enumerate(DEVICES):
        root.pci(f"0000:{0x40 + place:02x}:00.0", ids, class_, driver)
    root.file("proc/cpuinfo", "processor : 0\nmodel name : Made Up\nflags : lm sse2\n")
    return root.file("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n")


def steady(machine: dict[str, Any]) -> dict[str, Any]:
    """What no tool is asked for."""
    parts = ("os", "arch", "cpu", "memory", "shm_gib", "nodes")
    return {name: machine[name] for name in parts}


def addresses(machine: dict[str, Any]) -> list[str]:
    return sorted(device["bus_id"] for device in machine["accelerators"])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools are given up sooner, so that trying them one by one does not take minutes."""
    real = tools.run

    def impatient(commands: Any, env: Any, seconds: float, stop: Any) -> dict[str, str | None]:
        return real(commands, env, min(seconds, 0.6), stop)

    monkeypatch.setattr(tools, "run", impatient)


@pytest.mark.usefixtures("quick", "everything")
@pytest.mark.parametrize("fault", FAULTS)
def test_one_by_one(probed: Probed, program: Program, fault: str) -> None:
    folder = program("npu-smi", HEALTHY)
    healthy = probed(path=folder)
    (npu,) = [d for d in healthy["accelerators"] if d["vendor"] == "huawei"]
    assert (npu["name"], npu["memory_gib"]) == ("910B3", 64.0)
    for tool in TOOLS:
        if tool == "npu-smi":
            continue
        program(tool, FAULTS[fault])
        machine = probed(path=folder)
        assert steady(machine) == steady(healthy), tool
        assert addresses(machine) == addresses(healthy), tool
        assert npu in machine["accelerators"], tool
        assert "\x1b" not in str(machine), tool
        (folder / tool).unlink(missing_ok=True)
    assert running(str(folder)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_all_at_once(everything: Root, program: Program, fault: str) -> None:
    for tool in TOOLS:
        folder = program(tool, FAULTS[fault])
    machine, seconds, _ = in_a_process(everything.path, PATH=f"{folder}:/usr/bin:/bin")
    assert seconds < 5
    assert machine["cpu"]["model"] == "Made Up"
    assert machine["memory"]["total_gib"] == 1.0
    assert len(addresses(machine)) == len(DEVICES)
    assert all(problem["fix"] for problem in machine["problems"])
    assert running(str(folder)) == []
    assert _sleeping() == []


def _sleeping() -> list[str]:
    """Children of the faulty tools that outlive them: no other test sleeps that long."""
    deadline = time.monotonic() + _PATIENCE
    while (left := [line for line in running("sleep\x0061") if line]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    return left


def test_a_tool_that_ignores_being_asked_to_end(everything: Root, program: Program) -> None:
    folder = program("npu-smi", f"trap '' TERM INT HUP {signal.SIGALRM.value}; sleep 61; sleep 61")
    _, seconds, _ = in_a_process(everything.path, PATH=f"{folder}:/usr/bin:/bin")
    assert seconds < 5
    assert running(str(folder)) == []
