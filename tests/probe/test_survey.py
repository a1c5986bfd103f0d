"""The whole probe: never raises, never hangs, imports little, leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.facts import Machine
from recommender.facts.codec import encode
from recommender.probe import host, memory, pci, probe, survey
from recommender.probe.jobs import Job
from tests.probe.conftest import Root

REPOSITORY = Path(__file__).parents[2]
Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

_RUN = """
import json, sys, time
from recommender.facts.codec import encode
from recommender.probe import probe
start = time.monotonic()
machine = encode(probe(sys.argv[1], live=True))
print(json.dumps([machine, time.monotonic() - start, sorted(sys.modules)]))
"""


def in_a_process(root: Path, **env: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, root],
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "/nowhere", "HOME": "/nowhere", **env},
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == b""
    return json.loads(done.stdout)


def test_this_host() -> None:
    machine = probe()
    assert machine.os.family in {"linux", "macos", "windows"}
    assert machine.arch
    assert machine.memory.total_gib is not None
    assert machine.memory.total_gib > 0
    assert (machine.cpu.logical_cores or 0) >= 1
    assert machine.software.python == sys.version.split()[0]
    assert encode(machine) == encode(Machine(**{f: getattr(machine, f) for f in encode(machine)}))


def test_the_real_library_is_found_by_the_loader(root: Root, nvml: Path) -> None:
    root.h100(2)
    machine, seconds, modules = in_a_process(root.path, LD_LIBRARY_PATH=str(nvml), FAKE_COUNT="2")
    assert [device["memory_gib"] for device in machine["accelerators"]] == [79.647, 79.647]
    assert seconds < 2
    assert "pynvml" in modules


def test_without_a_device_nothing_slow_is_imported(root: Root) -> None:
    root.path.mkdir()
    _, _, modules = in_a_process(root.path)
    slow = {"subprocess", "psutil", "pynvml", "cpuinfo", "ctypes", "platform", "shutil", "pathlib"}
    assert not slow & set(modules)
    assert "importlib.metadata" not in modules


def test_a_hanging_driver_and_hanging_tools(root: Root, nvml: Path, program: Program) -> None:
    root.h100(1)
    for name in ("nvidia-smi", "ollama", "llama-server"):
        folder = program(name, "sleep 30")
    machine, seconds, _ = in_a_process(
        root.path, LD_LIBRARY_PATH=str(nvml), FAKE_HANG="20", PATH=f"{folder}:/usr/bin:/bin"
    )
    assert seconds < 5
    rules = [problem["rule"] for problem in machine["problems"]]
    assert sorted(rules) == ["probe.nvidia.timeout", "probe.tool.version", "probe.tool.version"]
    assert [device["pci_id"] for device in machine["accelerators"]] == ["10de:2330"]
    assert running(str(folder)) == []


def test_an_interrupt_leaves_no_program_behind(root: Root, program: Program) -> None:
    root.path.mkdir()
    folder = program("ollama", "sleep 30")
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, root.path],
        env={"PYTHONPATH": str(REPOSITORY), "PATH": f"{folder}:/usr/bin:/bin", "HOME": "/nowhere"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _until(lambda: bool(running(str(folder))))
    process.send_signal(signal.SIGINT)
    assert process.wait(10) != 0
    assert running(str(folder)) == []


def running(word: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if word in line and entry.name != str(os.getpid()):
            found.append(line)
    return found


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("place", [(host, "read"), (memory, "read"), (pci, "scan")])
def test_a_reader_that_raises_takes_no_other_along(
    root: Root, monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str]
) -> None:
    def broken(*_: object) -> None:
        message = "made up"
        raise RuntimeError(message)

    root.file("proc/meminfo", "MemTotal: 1048576 kB\n").h100(1)
    whole = probe(root.path, env={})
    monkeypatch.setattr(*place, broken)
    machine = probe(root.path, env={})
    (problem,) = machine.problems
    assert problem.rule in {"probe.system.failed", "probe.memory.failed", "probe.pci.failed"}
    kept = sum(getattr(machine, f) == getattr(whole, f) for f in ("os", "memory", "accelerators"))
    assert kept == 2


def test_a_reader_that_hangs_is_given_up(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(pci, "scan", lambda _: release.wait(20))
    monkeypatch.setattr(survey, "_SECONDS", 0.2)
    root.file("proc/meminfo", "MemTotal: 1048576 kB\n")
    start = time.monotonic()
    machine = probe(root.path, env={})
    release.set()
    assert time.monotonic() - start < 1.5
    assert [problem.what for problem in machine.problems] == [
        "Reading the pci did not end in time."
    ]
    assert machine.memory.total_gib == 1.0


def test_no_root_at_all(tmp_path: Path) -> None:
    machine = probe(tmp_path / "gone", env={})
    assert machine == Machine(os=machine.os)


def test_nothing_is_written(root: Root, probed: Probed, program: Program) -> None:
    root.h100(1).file("proc/cpuinfo", "processor : 0\n")
    folder = program("ollama", "echo ollama version is 1.0")
    before = sorted(root.path.rglob("*")), sorted(folder.iterdir())
    probed(path=folder)
    assert (sorted(root.path.rglob("*")), sorted(folder.iterdir())) == before


def test_links_and_indexes_run_through_all_vendors(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2).pci("0000:00:02.0", "8086:46a6", "030000", "i915")
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_LINKS="switch")
    found = [(device["index"], device["vendor"]) for device in machine["accelerators"]]
    assert found == [(0, "nvidia"), (1, "nvidia"), (2, "intel")]
    assert machine["links"] == [{"kind": "nvlink", "devices": [0, 1]}]


def test_a_job_is_done_at_once_where_no_thread_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", denied)
    assert Job(lambda: 6 * 7).result() == 42


def test_a_device_that_nothing_names_is_named_by_the_database_of_the_system(root: Root) -> None:
    root.pci("0000:01:00.0", "1002:73bf", "030000", "amdgpu").file(
        "usr/share/misc/pci.ids", "# made up\n1002  AMD\n\t73bf  Navi 21 [Radeon RX 6800]\n"
    )
    (device,) = probe(root.path, env={}, evidence=True).accelerators
    assert device.name == "Radeon RX 6800"


def test_the_bus_is_told_by_lspci_where_sysfs_is_masked(root: Root, program: Program) -> None:
    root.path.mkdir()
    line = "0000:01:00.0 VGA compatible controller [0300]: NVIDIA Corporation X [10de:2684]"
    folder = program("lspci", f"echo '{line}'")
    machine, _, _ = in_a_process(root.path, PATH=f"{folder}:/usr/bin:/bin")
    assert [device["pci_id"] for device in machine["accelerators"]] == ["10de:2684"]
