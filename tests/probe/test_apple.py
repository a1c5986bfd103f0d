"""GPUs of Macs on the live path: the libraries of macOS by a stand-in, its programs by scripts."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.facts.machine import Accelerator
from recommender.probe import apple, sysctl
from recommender.probe.apple import budget, metal
from recommender.probe.context import Context, Findings
from recommender.probe.files import Files

REGISTRY = """
+-o AGXAcceleratorG16S  <class AGXAcceleratorG16S, id 0x1, registered, matched, active>
    {
      "model" = "Apple M4 Pro"
      "gpu-core-count" = 20
    }
"""
MAC_MINI = (
    "machdep.cpu.brand_string: Apple M4 Pro\nhw.memsize: 51539607552\nkern.osproductversion: 26.1\n"
)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A stand-in for the libraries of macOS."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the stand-in for macOS' libraries")
    target = tmp_path_factory.mktemp("macos") / "libmacos.so"
    source = Path(__file__).with_name("fake_macos.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", target, source], check=True)
    return str(target)


@pytest.fixture
def probed_mac(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[Path | None], Findings]:
    """What the reader finds with these programs, as if on a Mac without its libraries."""
    for name in ("sysctl._LIBRARY", "apple.metal._METAL", "apple.metal._GRAPHICS"):
        monkeypatch.setattr(f"recommender.probe.{name}", "/nowhere.dylib")

    def read(path: Path | None) -> Findings:
        env = {"PATH": f"{path}:/bin:/usr/bin" if path else "/nowhere"}
        return apple.probe(Context(files=Files(tmp_path), env=env, family="macos"))

    return read


def only(found: Findings) -> Accelerator:
    (device,) = found.accelerators
    return device


def test_the_library_is_asked_first(
    library: str, monkeypatch: pytest.MonkeyPatch, program: Callable[[str, str], Path]
) -> None:
    monkeypatch.setattr(sysctl, "_LIBRARY", library)
    lines = (
        "machdep.cpu.brand_string t Apple M2 Ultra",
        "hw.memsize 8 206158430208",
        "hw.physicalcpu 4 24",
        "hw.perflevel0.name t Performance",
        "hw.cputype 4 16777228",
    )
    monkeypatch.setenv("FAKE_SYSCTL", "\n".join(lines))
    path = program("sysctl", "echo 'hw.memsize: 1'")
    context = Context(env={"PATH": str(path)}, family="macos")
    names = [line.split()[0] for line in lines]
    assert sysctl.read(context, [*names, "no.such.figure"]) == {
        "machdep.cpu.brand_string": "Apple M2 Ultra",
        "hw.memsize": "206158430208",
        "hw.physicalcpu": "24",
        "hw.perflevel0.name": "Performance",
        "hw.cputype": "16777228",
    }
    assert sysctl.read(Context(live=False), names) == {}


@pytest.mark.parametrize(
    ("gib", "system", "expected"),
    [
        *((8, "26.1", 5.333), (16, "26.1", 11.84), (18, "26.0", 13.32), (24, "27.1", 17.76)),
        *((32, "26.1", 24.96), (36, "26.1", 28.08), (48, "26.4", 37.44), (64, "26.1", 51.84)),
        *((96, "26.1", 77.76), (128, "26.1", 107.52), (256, "26.1", 222.72)),
        *((8, "15.6", 5.333), (16, "15.6", 10.667), (32, "14.5", 21.333), (36, "15.1", 27.0)),
        *((64, "15.6", 48.0), (96, "13.4", 72.0), (192, "15.6", 144.0)),
        *((256, "15.6", 208.0), (512, "15.6", 464.0), (16, None, 10.667), (16, "?", 10.667)),
    ],
)
def test_the_estimate_of_the_working_set(gib: int, system: str | None, expected: float) -> None:
    assert budget.working_set_gib(gib, system) == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("system", ["15.6", "26.1"])
def test_more_memory_never_means_less_to_use(system: str) -> None:
    sizes = [budget.working_set_gib(gib, system) for gib in range(4, 600)]
    assert sizes == sorted(sizes)
    assert all(size < gib for gib, size in zip(range(4, 600), sizes, strict=True))


def test_metal_is_believed_before_all_estimates(
    library: str,
    probed_mac: Callable[[Path | None], Findings],
    monkeypatch: pytest.MonkeyPatch,
    program: Callable[[str, str], Path],
) -> None:
    for name in ("_METAL", "_OBJC", "_GRAPHICS"):
        monkeypatch.setattr(metal, name, library)
    monkeypatch.setenv("FAKE_WORKING_SET", str(41 << 30))
    monkeypatch.setenv("FAKE_FAMILY", "5001")
    path = program("sysctl", f"printf '{MAC_MINI}iogpu.wired_limit_mb: 40000\n'")
    program("ioreg", f"cat <<'EOF'\n{REGISTRY}EOF")
    found = probed_mac(path)
    gpu = only(found)
    assert (gpu.usable_gib, gpu.memory_gib, gpu.compute_units) == (41.0, 48.0, 20)
    assert dict(gpu.details) == {"metal": "metal3", "wired_limit_mb": 40000}
    evidence = found.devices[0].evidence
    assert evidence["usable_gib"] == "MTLDevice.recommendedMaxWorkingSetSize"
    assert evidence["compute_units"].startswith("ioreg ")
    assert evidence["memory_gib"] == "sysctl hw.memsize"


def test_methods_that_are_not_there_are_not_called(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_METAL", "_OBJC", "_GRAPHICS"):
        monkeypatch.setattr(metal, name, library)
    monkeypatch.setenv("FAKE_WORKING_SET", "1073741824")
    monkeypatch.setenv("FAKE_FAMILY", "5002")
    assert metal.read() == metal.Metal(device=True, working_set=1 << 30, family="metal4")
    monkeypatch.setenv("FAKE_MISSING", "supportsFamily:")
    assert metal.read() == metal.Metal(device=True, working_set=1 << 30)
    monkeypatch.setenv("FAKE_MISSING", "recommendedMaxWorkingSetSize")
    assert metal.read() == metal.Metal(device=True, family="metal4")
    monkeypatch.delenv("FAKE_WORKING_SET")
    assert metal.read() == metal.Metal(device=False)
    monkeypatch.setattr(metal, "_OBJC", "/nowhere.dylib")
    assert metal.read() is None


def test_a_mac_whose_gpu_metal_does_not_offer(
    library: str,
    probed_mac: Callable[[Path | None], Findings],
    monkeypatch: pytest.MonkeyPatch,
    program: Callable[[str, str], Path],
) -> None:
    for name in ("_METAL", "_OBJC", "_GRAPHICS"):
        monkeypatch.setattr(metal, name, library)
    monkeypatch.delenv("FAKE_WORKING_SET", raising=False)
    found = probed_mac(program("sysctl", f"printf '{MAC_MINI}'"))
    assert only(found).usable_gib == 0
    assert [problem.rule for problem in found.problems] == ["probe.apple.no-metal"]


def test_python_under_rosetta(
    probed_mac: Callable[[Path | None], Findings], program: Callable[[str, str], Path]
) -> None:
    text = "machdep.cpu.brand_string: VirtualApple @ 2.50GHz\\nhw.optional.arm64: 1\\n"
    text += "hw.memsize: 17179869184\\nsysctl.proc_translated: 1\\n"
    found = probed_mac(program("sysctl", f"printf '{text}'"))
    gpu = only(found)
    assert (gpu.vendor, gpu.name, gpu.memory_gib) == ("apple", None, 16.0)
    assert [problem.rule for problem in found.problems] == ["probe.apple.rosetta"]


def test_a_mac_that_tells_nothing(probed_mac: Callable[[Path | None], Findings]) -> None:
    found = probed_mac(None)
    assert found.devices == ()
    assert [problem.rule for problem in found.problems] == [
        "probe.apple.silent",
        "probe.apple.sysctl",
    ]


def test_a_hanging_program_is_given_up(
    monkeypatch: pytest.MonkeyPatch, program: Callable[[str, str], Path]
) -> None:
    monkeypatch.setattr(sysctl, "read", lambda *_: {"machdep.cpu.vendor": "GenuineIntel"})
    env = {"PATH": f"{program('system_profiler', 'sleep 30')}:/bin:/usr/bin"}
    context = Context(env=env, family="macos")
    threading.Timer(0.3, context.stop.set).start()
    start = time.monotonic()
    found = apple.probe(context)
    assert [problem.rule for problem in found.problems] == ["probe.apple.silent"]
    assert time.monotonic() - start < 2


def test_a_recorded_root_is_not_mixed_with_this_host(tmp_path: Path) -> None:
    assert apple.probe(Context(files=Files(tmp_path), live=False, family="macos")) == Findings()
