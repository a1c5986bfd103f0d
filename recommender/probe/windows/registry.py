"""Display adapters in the registry of Windows, and how the system sees each of them."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from recommender.probe.windows.texts import Record, value

_CONTROL = r"SYSTEM\CurrentControlSet"
_CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
_ADAPTERS = rf"{_CONTROL}\Control\Class\{_CLASS}"
_NUMBER = re.compile(r"\d{4}")
_WANTED = (
    *("DriverDesc", "ProviderName", "MatchingDeviceId", "DriverVersion"),
    *("HardwareInformation.qwMemorySize", "HardwareInformation.MemorySize"),
)
# Buses that GPUs sit on; those of Arm computers are listed by ACPI.
_BUSES = ("PCI", "ACPI")
# winreg.h: types of values; cfgmgr32.h: a device's status has a problem.
_BINARY, _DWORD, _QWORD = 3, 4, 11
_HAS_PROBLEM = 0x400
SOURCE = rf"HKLM\{_ADAPTERS}"


def adapters() -> list[Record]:
    """Adapters that are there now; none where there is no registry.

    An adapter that was taken out stays in the list of drivers, so it must be among the devices too,
    unless these cannot be read.
    """
    try:
        winreg = import_module("winreg")
    except ImportError:
        return []
    devices = dict(_devices(winreg))
    found = list(_drivers(winreg))
    if devices.keys().isdisjoint(number for number, _ in found):
        return [record for _, record in found]
    known = [{**record, **devices[number]} for number, record in found if number in devices]
    return [record for record in known if record["configmanagererrorcode"] != "absent"]


def read(path: str, *names: str) -> Record:
    """Those values below a key of HKEY_LOCAL_MACHINE that are there, by names in small letters."""
    try:
        return _values(import_module("winreg"), path, names)
    except ImportError:
        return {}


def _drivers(winreg: Any) -> Iterator[tuple[str, Record]]:
    for number in _names(winreg, _ADAPTERS):
        if _NUMBER.fullmatch(number):
            yield number, _values(winreg, rf"{_ADAPTERS}\{number}", _WANTED)


def _devices(winreg: Any) -> Iterator[tuple[str, Record]]:
    """Number of the driver -> identity and place of the device that it is for."""
    wanted = ("Driver", "LocationInformation")
    for bus in _BUSES:
        for device in _names(winreg, rf"{_CONTROL}\Enum\{bus}"):
            for instance in _names(winreg, rf"{_CONTROL}\Enum\{bus}\{device}"):
                identity = rf"{bus}\{device}\{instance}"
                told = _values(winreg, rf"{_CONTROL}\Enum\{identity}", wanted)
                kind, _, number = told.pop("driver", "").rpartition("\\")
                if kind.casefold() == _CLASS:
                    state = {"configmanagererrorcode": _state(identity)}
                    yield number, {**told, **state, "pnpdeviceid": identity}


def _state(identity: str) -> str:
    """The code of the device's problem, 0 for none; empty where Windows cannot be asked."""
    import ctypes

    platform: Any = ctypes
    try:
        manager = platform.WinDLL("cfgmgr32")
        node, status, problem = (ctypes.c_ulong() for _ in range(3))
        name = ctypes.c_wchar_p(identity)
        if manager.CM_Locate_DevNodeW(ctypes.byref(node), name, 0):
            return "absent"
        if manager.CM_Get_DevNode_Status(
            ctypes.byref(status), ctypes.byref(problem), node, ctypes.c_ulong(0)
        ):
            return ""
    except (OSError, AttributeError, ctypes.ArgumentError):
        return ""
    return str(problem.value) if status.value & _HAS_PROBLEM else "0"


def _names(winreg: Any, path: str) -> list[str]:
    """Keys below a key; none where it cannot be opened."""
    found: list[str] = []
    try:
        with _opened(winreg, path) as key:
            for place in range(winreg.QueryInfoKey(key)[0]):
                found.append(winreg.EnumKey(key, place))  # noqa: PERF401  # keeps what came before an error
    except OSError:
        return found
    return found


def _values(winreg: Any, path: str, names: tuple[str, ...]) -> Record:
    found: Record = {}
    try:
        with _opened(winreg, path) as key:
            for name in names:
                told = _value(winreg, key, name)
                if told:
                    found[name.casefold()] = told
    except OSError:
        return found
    return found


def _opened(winreg: Any, path: str) -> Any:
    access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
    return winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, access)


def _value(winreg: Any, key: Any, name: str) -> str:
    try:
        data, kind = winreg.QueryValueEx(key, name)
    except OSError:
        return ""
    if kind == _BINARY:
        return value("BINARY", bytes(data or b"").hex())
    return str(data) if kind in {_DWORD, _QWORD} else value("SZ", str(data))
