"""Macs: the system, processors and memory by sysctl, whichever program or library tells it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.codec import encode
from recommender.probe import elsewhere, macos, survey
from recommender.probe.context import Context
from recommender.probe.files import Files
from tests.probe.test_machines import assembled, computers, differences, programs

M4_MAX = """
hw.nperflevels: 2
hw.perflevel0.name: Performance
hw.perflevel0.physicalcpu: 10
hw.perflevel0.logicalcpu: 10
hw.perflevel1.name: Efficiency
hw.perflevel1.physicalcpu: 4
hw.perflevel1.logicalcpu: 4
machdep.cpu.brand_string: Apple M4 Max
hw.optional.arm.FEAT_SME: 1
hw.optional.arm.FEAT_BF16: 1
hw.optional.arm.FEAT_EBF16: 0
hw.memsize: 38654705664
kern.osproductversion: 15.6.1
"""


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """What the survey makes of a Mac with these programs and without its C library."""
    for name in ("sysctl._LIBRARY", "apple.metal._METAL", "apple.metal._GRAPHICS"):
        monkeypatch.setattr(f"recommender.probe.{name}", "/nowhere.dylib")

    def read(path: Path, root: Path = tmp_path / "empty", **env: str) -> Any:
        root.mkdir(exist_ok=True)
        variables = {"PATH": f"{path}:/usr/bin:/bin", "HOME": str(tmp_path), **env}
        context = Context(files=Files(root), env=variables, live=True, family="macos")
        run = survey._Survey(context)  # noqa: SLF001  # the survey of this host is no Mac's
        try:
            return encode(run.machine())
        finally:
            run.stop()

    return read


@pytest.mark.parametrize("folder", computers("macos"), ids=lambda path: path.name)
def test_computer(folder: Path, mac: Callable[..., Any], tmp_path: Path) -> None:
    expected = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    root = assembled(folder, tmp_path / "root")
    found = mac(programs(folder, tmp_path / "programs"), root)
    assert list(differences(expected, found)) == []


def test_an_apple_chip() -> None:
    machine = macos.recorded(M4_MAX)
    assert (machine.arch, machine.cpu.vendor, machine.cpu.model) == (
        *("aarch64", "apple"),
        "Apple M4 Max",
    )
    assert (machine.cpu.physical_cores, machine.cpu.logical_cores) == (14, 14)
    assert (machine.cpu.performance_cores, machine.cpu.efficiency_cores) == (10, 4)
    assert set(machine.cpu.flags) == {"sme", "bf16"}
    assert (machine.os.version, machine.os.container, machine.os.vm) == ("15.6.1", "none", None)
    assert (machine.memory.total_gib, machine.memory.available_gib) == (36.0, None)
    assert machine.accelerators[0].usable_gib == 27.0


@pytest.mark.parametrize(
    ("levels", "fast", "slow"),
    [
        (("Super 4", "Efficiency 6"), 4, 6),
        (("Super 6", "Performance 12"), 6, 12),
        (("Super 2", "Performance 4", "Efficiency 6"), 6, 6),
        (("Standard 8",), None, None),
        ((), None, None),
    ],
)
def test_levels_of_cores(levels: tuple[str, ...], fast: int | None, slow: int | None) -> None:
    text = "machdep.cpu.brand_string: Apple M9\n"
    for place, (name, count) in enumerate(level.split() for level in levels):
        text += f"hw.perflevel{place}.name: {name}\nhw.perflevel{place}.physicalcpu: {count}\n"
    cpu = macos.recorded(text).cpu
    assert (cpu.performance_cores, cpu.efficiency_cores) == (fast, slow)
    assert [f"{kind.name} {kind.count}" for kind in cpu.core_kinds] == (
        list(levels) if len(levels) > 1 else []
    )


@pytest.mark.parametrize(
    ("text", "arch", "vendor"),
    [
        ("hw.memsize: 1073741824\nhw.perflevel1.physicalcpu: 2", "aarch64", "apple"),
        ("hw.memsize: 1073741824\niogpu.wired_limit_mb: 0", "aarch64", "apple"),
        ("hw.optional.arm64 = 1", "aarch64", "apple"),
        ("machdep.cpu.brand_string=VirtualApple @ 2.50GHz", "aarch64", "apple"),
        ("hw.cputype: 16777228", "aarch64", "apple"),
        ("hw.cputype: 16777223", "x86_64", None),
        ("machdep.cpu.vendor: GenuineIntel", "x86_64", "intel"),
        ("machdep.cpu.brand_string: AMD Ryzen 9 5900X 12-Core Processor", "x86_64", "amd"),
        ("hw.memsize: 1073741824", None, None),
    ],
)
def test_whose_processor(text: str, arch: str | None, vendor: str | None) -> None:
    machine = macos.recorded(text)
    assert (machine.arch, machine.cpu.vendor) == (arch, vendor)


def test_features_of_intel_are_spelled_as_linux_does() -> None:
    text = """
machdep.cpu.brand_string: Intel(R) Xeon(R) W-3235 CPU @ 3.30GHz
machdep.cpu.features: FPU CX8 CMOV MMX FXSR SSE SSE2 SSE3 SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE \
POPCNT XSAVE AVX1.0 F16C
machdep.cpu.leaf7_features: BMI1 AVX2 BMI2 AVX512F AVX512DQ AVX512CD AVX512BW AVX512VL AVX512VNNI
machdep.cpu.extfeatures: SYSCALL EM64T LAHF LZCNT
"""
    cpu = macos.recorded(text).cpu
    assert cpu.x86_level == 4
    assert {"avx512_vnni", "avx512f", "avx2", "sse4_2", "pni", "lm", "abm"} <= set(cpu.flags)
    optional = macos.recorded("hw.optional.avx2_0: 1\nhw.optional.avx512f: 0\n").cpu
    assert optional.flags == ("avx2",)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("kern.osproductversion: 10.16\nkern.osrelease: 24.6.0", "15"),
        ("kern.osrelease: 25.2.0", "26"),
        ("kern.osrelease: 20.6.0", "11"),
        ("kern.osproductversion: 10.15.7\nkern.osrelease: 19.6.0", "10.15.7"),
        ("kern.osrelease: 19.6.0", None),
        ("ProductName:\tmacOS\nProductVersion:\t14.7.2\nBuildVersion:\t23H311", "14.7.2"),
    ],
)
def test_the_version_of_macos(text: str, version: str | None) -> None:
    assert macos.recorded(text).os.version == version


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("kern.hv_vmm_present: 0\nhw.model: Mac16,5", "none"),
        ("kern.hv_vmm_present: 1\nhw.model: VirtualMac2,1", "apple"),
        ("kern.hv_vmm_present: 1\nhw.model: VMware20,1", "vmware"),
        ("machdep.cpu.features: FPU VMM\nhw.model: MacPro7,1", "vm"),
        ("hw.model: Parallels-ARM", "parallels"),
        ("hw.model: Mac16,5", None),
    ],
)
def test_virtual_machines(text: str, kind: str | None) -> None:
    assert macos.recorded(text).os.vm == kind


def test_the_hardware_overview_tells_the_same() -> None:
    text = """Hardware:

    Hardware Overview:

      Model Name: Mac mini
      Model Identifier: Mac16,10
      Chip: Apple M4
      Total Number of Cores: 10 (4 performance and 6 efficiency)
      Memory: 24 GB
      System Firmware Version: 11881.41.5

Software:

    System Software Overview:

      System Version: macOS 26.0.1 (25A362)
      Kernel Version: Darwin 25.0.0

Graphics/Displays:

    Apple M4:

      Chipset Model: Apple M4
      Total Number of Cores: 10
      Metal Support: Metal 4
      Displays:
        LG HDR 4K:
          Resolution: 3840 x 2160
"""
    machine = macos.recorded(text)
    assert (machine.os.version, machine.os.kernel, machine.arch) == ("26.0.1", "25.0.0", "aarch64")
    assert (machine.cpu.physical_cores, machine.cpu.performance_cores) == (10, 4)
    assert machine.memory.total_gib == 24
    (gpu,) = machine.accelerators
    assert (gpu.name, gpu.compute_units, gpu.memory_gib, gpu.usable_gib) == (
        *("Apple M4", 10),
        *(24.0, 17.76),
    )
    assert dict(gpu.details) == {"metal": "metal4", "model": "Mac16,10"}


def test_nothing_answers(mac: Callable[..., Any], tmp_path: Path) -> None:
    machine = mac(tmp_path)
    assert machine["os"]["family"] == "macos"
    assert (machine["memory"]["total_gib"], machine["cpu"]["model"]) == (None, None)
    assert machine["accelerators"] == []
    rules = {problem["rule"] for problem in machine["problems"]}
    assert {"probe.apple.sysctl", "probe.apple.silent"} <= rules


def test_other_systems_get_name_and_features_by_py_cpuinfo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: Mapping[str, Any] = {
        "vendor_id_raw": "AuthenticAMD",
        "brand_raw": "AMD EPYC 7313P\x1b[31m",
        "flags": ["avx2", "sse4_2"],
    }
    monkeypatch.setattr("cpuinfo.get_cpu_info", lambda: told)
    cpu = elsewhere.described(elsewhere.read_cpu())
    assert (cpu.vendor, cpu.model, cpu.flags) == ("amd", "AMD EPYC 7313P[31m", ("avx2", "sse4_2"))
    monkeypatch.setattr("cpuinfo.get_cpu_info", lambda: json.loads("no answer"))
    assert elsewhere.described(cpu) == cpu
    assert elsewhere.read_os("FreeBSD14").family == "freebsd14"


def test_free_space_is_that_of_the_cache(tmp_path: Path) -> None:
    deep = tmp_path / "not" / "yet"
    assert elsewhere.disk_free_gib({"HF_HOME": str(deep)}) > 0
    assert elsewhere.disk_free_gib({"USERPROFILE": str(tmp_path)}) > 0


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for form in (text, f"hw.memsize: {text}", f"Chip: Apple {text}\nMemory: {text}"):
        machine = macos.recorded(form)
        assert machine.os.family in {None, "macos"}


@given(st.integers(0, len(M4_MAX)))
def test_a_text_may_end_anywhere(end: int) -> None:
    assert macos.recorded(M4_MAX[:end]).memory.total_gib in {None, 36.0, *_cut_sizes()}


def _cut_sizes() -> set[float]:
    digits = "38654705664"
    return {round(int(digits[:n]) / 2**30, 3) for n in range(1, len(digits))}


def test_counts_of_the_processor_where_the_computer_tells_none() -> None:
    text = "machdep.cpu.core_count: 4\nmachdep.cpu.thread_count: 8\n"
    found = macos.recorded(text).cpu
    assert (found.physical_cores, found.logical_cores) == (4, 8)


def test_graphics_of_a_virtual_machine_serve_no_framework() -> None:
    text = (
        "Graphics/Displays:\n\n    Apple Paravirtual device:\n\n"
        "      Chipset Model: Apple Paravirtual device\n      Vendor: Apple (0x106b)\n"
        "      Metal Support: Metal 3\n"
    )
    machine = macos.recorded(text)
    assert machine.os.vm == "vm"
    assert [device.usable_gib for device in machine.accelerators] == [0.0]
