"""The system and the processors of a Windows computer."""

import ctypes
import os
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from recommender.probe import windows, winhost
from recommender.probe.context import Context, Findings
from tests.probe.fake_windows import VERSION, Tree, install, sz

HOST: Tree = {
    VERSION: {
        "ProductName": sz("Windows 10 Pro"),
        "CurrentBuild": sz("26100"),
        "UBR": (2314, 4),
    },
    r"HARDWARE\DESCRIPTION\System\BIOS": {
        "SystemManufacturer": sz("LENOVO"),
        "SystemProductName": sz("21MECTO1WW"),
    },
    r"HARDWARE\DESCRIPTION\System\CentralProcessor\0": {
        "ProcessorNameString": sz("AMD Ryzen 7  PRO 7840U   "),
        "VendorIdentifier": sz("AuthenticAMD"),
    },
}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return partial(install, monkeypatch)


def found_here() -> Findings:
    return windows.probe(Context(env={"PATH": "/nowhere"}, family="windows"))


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a stand-in for kernel32 with a native machine type and processor features there."""

    def put(machine: int, *features: int) -> None:
        def wow64(_here: object, _process: object, native: Any) -> int:
            native._obj.value = machine  # noqa: SLF001
            return 1

        library = SimpleNamespace(
            GetCurrentProcess=lambda: -1,
            IsWow64Process2=wow64,
            IsProcessorFeaturePresent=lambda number: number in features,
        )
        monkeypatch.setattr(ctypes, "WinDLL", lambda _: library, raising=False)

    return put


def test_the_host(registry: Callable[..., None], kernel: Callable[..., None]) -> None:
    registry(HOST)
    kernel(0x8664, 6, 10, 13, 14, 17, 36, 37, 38, 39, 40, 60, 66)
    system, cpu = winhost.read_os(), winhost.read_cpu()
    assert (system.distro, system.version, system.kernel) == (
        *("Windows 11 Pro", "11"),
        "10.0.26100.2314",
    )
    assert (system.vm, system.wsl, system.container) == ("none", False, "none")
    assert (cpu.vendor, cpu.model) == ("amd", "AMD Ryzen 7 PRO 7840U")
    assert {"avx2", "bmi2", "pni", "cx16"} <= set(cpu.flags)
    assert "i8mm" not in cpu.flags
    assert (cpu.x86_level, winhost.arch()) == (3, "x86_64")


@pytest.mark.parametrize(
    ("product", "build", "version"),
    [
        ("Windows 10 Home", "19045", "10"),
        ("Windows 10 Enterprise", "22631", "11"),
        ("Windows Server 2022 Datacenter", "20348", "2022"),
        ("Windows Server 2025 Standard", "26100", "2025"),
        ("Windows 8.1 Pro", "9600", "8.1"),
    ],
)
def test_releases_of_windows(
    registry: Callable[..., None], product: str, build: str, version: str
) -> None:
    registry({VERSION: {"ProductName": sz(product), "CurrentBuild": sz(build)}})
    system = winhost.read_os()
    assert (system.version, system.kernel, system.vm) == (version, f"10.0.{build}", None)


@pytest.mark.parametrize(
    ("maker", "product", "kind"),
    [
        ("VMware, Inc.", "VMware20,1", "vmware"),
        ("innotek GmbH", "VirtualBox", "oracle"),
        ("Microsoft Corporation", "Virtual Machine", "microsoft"),
        ("Microsoft Corporation", "Surface Laptop 7", "none"),
        ("QEMU", "Standard PC (Q35 + ICH9, 2009)", "qemu"),
        ("Amazon EC2", "g5.xlarge", "kvm"),
    ],
)
def test_virtual_machines(
    registry: Callable[..., None], maker: str, product: str, kind: str
) -> None:
    bios = {"SystemManufacturer": sz(maker), "SystemProductName": sz(product)}
    registry({**HOST, r"HARDWARE\DESCRIPTION\System\BIOS": bios})
    assert winhost.read_os().vm == kind


def test_an_emulated_python_on_arm(
    registry: Callable[..., None], kernel: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry({})
    kernel(0xAA64, 19, 43, 66)
    monkeypatch.setenv("PROCESSOR_ARCHITECTURE", "AMD64")
    assert winhost.arch() == "aarch64"
    assert winhost.read_cpu().flags == ("asimd", "asimddp", "i8mm")
    assert [problem.rule for problem in winhost.emulated()] == ["probe.windows.emulated"]
    assert [problem.rule for problem in found_here().problems] == ["probe.windows.emulated"]
    monkeypatch.setenv("PROCESSOR_ARCHITECTURE", "ARM64")
    assert list(winhost.emulated()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has its registry and its libraries")
def test_without_windows_nothing_breaks() -> None:
    assert winhost.read_os().family == "windows"
    assert winhost.read_cpu().flags == ()
    assert winhost.arch()
    assert list(winhost.emulated()) == []
    assert found_here() == Findings()
