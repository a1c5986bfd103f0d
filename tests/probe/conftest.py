"""Made-up computers below a folder, programs on a path, and an NVIDIA library in C."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pynvml
import pytest

from recommender.facts.codec import encode
from recommender.probe import probe


class Root:
    """A folder that looks like the root of a computer."""

    def __init__(self, path: Path) -> None:
        """Start with an empty folder."""
        self.path = path

    def file(self, name: str, text: str = "") -> "Root":
        """Write one file."""
        target = self.path / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return self

    def files(self, texts: Mapping[str, str]) -> "Root":
        """Write several files."""
        for name, text in texts.items():
            self.file(name, text)
        return self

    def pci(
        self, bus_id: str, ids: str, class_: str, driver: str | None = None, numa: int = -1
    ) -> "Root":
        """Put a device (``vendor:device``) on the bus, linked to the driver that holds it."""
        vendor, device = ids.split(":")
        folder = f"sys/bus/pci/devices/{bus_id}"
        facts = {"vendor": f"0x{vendor}", "device": f"0x{device}", "class": f"0x{class_}"}
        self.files({f"{folder}/{key}": f"{value}\n" for key, value in facts.items()})
        self.file(f"{folder}/numa_node", f"{numa}\n")
        if driver:
            (self.path / folder / "driver").symlink_to(f"../../../bus/pci/drivers/{driver}")
        return self

    def h100(self, count: int) -> "Root":
        """Put NVIDIA GPUs with their driver on the bus, at 1a:00.0 and on."""
        for index in range(count):
            bus_id = f"0000:{0x1A + index:02x}:00.0"
            self.pci(bus_id, "10de:2330", "030200", "nvidia", numa=index // 4)
        return self.file(
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel "
            "Module for x86_64  580.82.07  Release Build  (builder@host)\n",
        )


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """An empty computer."""
    return Root(tmp_path / "root")


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Puts a shell script of a name into a folder of programs; the folder."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def put(name: str, script: str) -> Path:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
        return folder

    return put


def _compiled(folder: Path, *flags: str) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the stand-in for NVIDIA's library")
    folder.mkdir()
    source = Path(__file__).with_name("fake_nvml.c")
    library = folder / "libnvidia-ml.so.1"
    command = [compiler, "-shared", "-fPIC", *flags, "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="session")
def nvml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a library that has every function that the probe asks for."""
    return _compiled(tmp_path_factory.mktemp("nvml") / "new")


@pytest.fixture(scope="session")
def old_nvml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a library from before the second version of the memory call, and much else."""
    return _compiled(
        tmp_path_factory.mktemp("nvml") / "old", "-DWITHOUT_MEMORY_V2", "-DWITHOUT_NEW"
    )


def _absent(name: str) -> None:
    raise OSError(name)


@pytest.fixture
def probed(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Probes the root as if it were this host; the machine as JSON has it.

    ``library`` is the folder of NVIDIA's library, ``path`` that of programs; other keywords are
    variables of the environment.
    """

    def run(*, library: Path | None = None, path: Path | None = None, **env: object) -> Any:
        variables = {name: str(value) for name, value in env.items()}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        loaded = ctypes.CDLL(str(library / "libnvidia-ml.so.1")) if library else None
        # The binding keeps what it loaded; and it must not find the library of this host.
        monkeypatch.setattr(pynvml, "nvmlLib", loaded)
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
        monkeypatch.setattr(pynvml, "CDLL", _absent)
        search = {"PATH": f"{path}:/usr/bin:/bin" if path else "/nowhere", "HOME": str(tmp_path)}
        return encode(probe(root.path, env={**search, **variables}, live=True, evidence=True))

    return run
