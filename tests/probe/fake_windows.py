"""Stand-ins for what of Windows cannot be had elsewhere: its registry and device manager."""

import ctypes
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
ADAPTERS = rf"SYSTEM\CurrentControlSet\Control\Class\{CLASS}"
ENUM = r"SYSTEM\CurrentControlSet\Enum\PCI"
VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
Tree = dict[str, dict[str, tuple[Any, int]]]


def sz(text: str) -> tuple[str, int]:
    return text, 1


class Winreg:
    """What the probe calls of the module winreg, over a dictionary of keys."""

    HKEY_LOCAL_MACHINE, KEY_READ, KEY_WOW64_64KEY = 0, 1, 2

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @contextmanager
    def OpenKey(self, root: int, path: str, reserved: int, access: int) -> Iterator[str]:  # noqa: N802
        assert (root, reserved, access) == (0, 0, 3)
        if not any(key == path or key.startswith(f"{path}\\") for key in self.tree):
            raise FileNotFoundError(path)
        yield path

    def _below(self, path: str) -> list[str]:
        inner = (key[len(path) + 1 :] for key in self.tree if key.startswith(f"{path}\\"))
        return list(dict.fromkeys(key.split("\\")[0] for key in inner))

    def QueryInfoKey(self, path: str) -> tuple[int, int, int]:  # noqa: N802
        return len(self._below(path)), 0, 0

    def EnumKey(self, path: str, place: int) -> str:  # noqa: N802
        name = self._below(path)[place]
        if name == "denied":
            raise PermissionError(name)
        return name

    def QueryValueEx(self, path: str, name: str) -> tuple[Any, int]:  # noqa: N802
        try:
            return self.tree[path][name]
        except KeyError:
            raise FileNotFoundError(name) from None


class Manager:
    """cfgmgr32: devices that are not there, and problems of those that are."""

    def __init__(self, absent: str = "", problems: Mapping[str, int] | None = None) -> None:
        self.absent, self.problems, self.last = absent, problems or {}, ""

    def CM_Locate_DevNodeW(self, _node: object, name: Any, _flags: int) -> int:  # noqa: N802
        self.last = name.value
        return 13 if self.absent and self.absent in name.value else 0

    def CM_Get_DevNode_Status(  # noqa: N802
        self, status: Any, problem: Any, _node: object, _flags: object
    ) -> int:
        code = next((c for part, c in self.problems.items() if part in self.last), 0)
        status._obj.value, problem._obj.value = (0x400 if code else 0x8), code  # noqa: SLF001
        return 0


def card(desc: str, ids: str, **values: tuple[Any, int]) -> dict[str, tuple[Any, int]]:
    return {
        "DriverDesc": sz(desc),
        "MatchingDeviceId": sz(rf"PCI\{ids}"),
        "DriverVersion": sz("32.0.15.6094"),
        **{name.replace("qw", "HardwareInformation.qw"): told for name, told in values.items()},
    }


def place(number: str, where: str) -> dict[str, tuple[Any, int]]:
    location = rf"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;{where}"
    return {"Driver": sz(rf"{CLASS}\{number}"), "LocationInformation": sz(location)}


def install(monkeypatch: pytest.MonkeyPatch, tree: Tree, manager: Manager | None = None) -> None:
    """Put a registry, and what the device manager says, in the place of Windows' own."""
    monkeypatch.setitem(sys.modules, "winreg", Winreg(tree))
    libraries = {"cfgmgr32": manager} if manager else {}

    def load(name: str) -> object:
        if name not in libraries:
            raise OSError(name)
        return libraries[name]

    monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
