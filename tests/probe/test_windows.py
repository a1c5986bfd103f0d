"""GPUs of Windows computers on the live path: the registry, else PowerShell; and WSL."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.codec import encode
from recommender.facts.machine import Accelerator
from recommender.probe import signs, survey, windows
from recommender.probe.context import Context, Findings
from recommender.probe.files import Files
from tests.probe.conftest import Root
from tests.probe.fake_windows import (
    ADAPTERS,
    ENUM,
    Manager,
    Tree,
    card,
    install,
    place,
    sz,
)
from tests.probe.test_machines import computers, differences, programs

TWO_CARDS: Tree = {
    rf"{ADAPTERS}\0000": card("Old GPU GeForce GTX 970", "VEN_10DE&DEV_13C2", qwMemorySize=(1, 11)),
    rf"{ADAPTERS}\0001": card(
        "AMD Radeon RX 9070 XT", "VEN_1002&DEV_7550", qwMemorySize=(17095983104, 11)
    ),
    rf"{ADAPTERS}\0002": card(
        *("Intel(R) UHD Graphics 770", "VEN_8086&DEV_4680"),
        qwMemorySize=((1 << 27).to_bytes(8, "little"), 3),
    ),
    rf"{ADAPTERS}\Configuration": {},
    rf"{ADAPTERS}\denied": {},
    rf"{ENUM}\VEN_10DE&DEV_13C2&SUBSYS_0\1": place("0000", "(2,0,0)"),
    rf"{ENUM}\VEN_1002&DEV_7550&SUBSYS_0\4&0": place("0001", "(3,0,0)"),
    rf"{ENUM}\VEN_8086&DEV_4680&SUBSYS_0\3&1": place("0002", "(0,2,0)"),
    rf"{ENUM}\VEN_8086&DEV_7AE0&SUBSYS_0\3&2": {"Driver": sz(r"{4d36e96a-x}\0000")},
}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return partial(install, monkeypatch)


def found_here() -> Findings:
    return windows.probe(Context(env={"PATH": "/nowhere"}, family="windows"))


def only(found: Findings) -> Accelerator:
    (device,) = found.accelerators
    return device


def test_the_registry_knows_sizes_beyond_four_gigabytes(registry: Callable[..., None]) -> None:
    registry(TWO_CARDS, Manager(absent="DEV_13C2"))
    amd, intel = found_here().accelerators
    assert (amd.name, amd.memory_gib, amd.bus_id) == (
        *("AMD Radeon RX 9070 XT", 15.922),
        "0000:03:00.0",
    )
    assert (amd.pci_id, amd.integrated, amd.driver_bound) == ("1002:7550", False, True)
    assert (intel.memory_gib, intel.bus_id, intel.integrated) == (0.125, "0000:00:02.0", True)


def test_without_the_device_manager_all_adapters_count(registry: Callable[..., None]) -> None:
    registry(TWO_CARDS)
    assert len(found_here().devices) == 3
    registry({key: told for key, told in TWO_CARDS.items() if not key.startswith(ENUM)})
    assert len(found_here().devices) == 3


@pytest.mark.parametrize(
    ("code", "rule", "bound"),
    [(43, "probe.windows.device", True), (28, "probe.windows.no-driver", False)],
)
def test_a_device_with_a_problem(
    registry: Callable[..., None], code: int, rule: str, bound: bool
) -> None:
    registry(TWO_CARDS, Manager(absent="DEV_13C2", problems={"DEV_7550": code}))
    found = found_here()
    amd = found.accelerators[0]
    assert (amd.usable_gib, amd.driver_bound) == (0.0, bound)
    assert [problem.rule for problem in found.problems] == [rule]


def test_nvidias_own_reader_goes_first(
    registry: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(TWO_CARDS)
    monkeypatch.setattr(signs, "seen", lambda _: ("nvidia", "windows"))
    found = found_here()
    assert {gpu.vendor for gpu in found.accelerators} == {"amd", "intel"}
    assert "nvidia_driver" not in found.software


def test_without_a_registry_powershell_is_asked(program: Callable[[str, str], Path]) -> None:
    answer = {"Name": "Intel(R) Arc(TM) B580 Graphics", "AdapterRAM": 4293918720}
    path = program("powershell.exe", f"cat <<'EOF'\n{json.dumps(answer)}\nEOF")
    context = Context(env={"PATH": f"{path}:/bin:/usr/bin"}, family="windows")
    found = windows.probe(context)
    assert (only(found).name, only(found).memory_gib) == ("Intel(R) Arc(TM) B580 Graphics", None)
    assert [problem.rule for problem in found.problems] == ["probe.windows.memory"]
    assert windows.probe(Context(live=False, family="windows")) == Findings()


@pytest.mark.parametrize("folder", computers("windows"), ids=lambda path: path.name)
def test_computer(folder: Path, tmp_path: Path) -> None:
    expected = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    env = {"PATH": f"{programs(folder, tmp_path / 'programs')}:/usr/bin:/bin", "HOME": "/"}
    context = Context(files=Files(tmp_path), env=env, family="windows")
    run = survey._Survey(context)  # noqa: SLF001  # the survey of this host is not Windows'
    found = encode(run.machine())
    run.stop()
    assert list(differences(expected, found)) == []


def test_wsl_without_libraries_for_a_gpu(root: Root, probed: Callable[..., Any]) -> None:
    root.file("proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n")
    root.file("dev/dxg").file("proc/meminfo", "MemTotal: 8000000 kB\n")
    machine = probed()
    assert (machine["os"]["family"], machine["os"]["wsl"]) == ("linux", True)
    assert machine["accelerators"] == []
