"""What the keys of a truth about devices and failures mean in the machine that was read."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from recommender.facts import Accelerator, Machine, Workload
from recommender.probe.nvidia.versions import is_wsl
from tests.acceptance.comparing import (
    Check,
    Outcome,
    Same,
    detail,
    each,
    is_instance,
    mib,
    one,
    prose,
    rows,
    same,
    whole,
    whole_memory,
)
from tests.acceptance.recordings import Recording

Fields: TypeAlias = Mapping[str, tuple[Callable[[Any], Any], Same]]

_VENDORS = {
    "ascend": "huawei",
    "gaudi": "intel",
    "neuron": "aws",
    "tpu": "google",
    "mthreads": "moore-threads",
    "intel-mac": "intel",
    "thead": "t-head",
}
# Error of a truth -> the end of the rules that say it.
_ERRORS = {
    "gpu_lost": ("lost",),
    "driver_library_mismatch": ("mismatch",),
    "driver_not_usable": ("driver",),
    "driver_not_loaded": ("not-loaded", "driver"),
    "library_not_found": ("library",),
    "no_permission": ("permission",),
    "permission_denied": ("permission",),
    "no_devices": ("no-devices", "devices"),
    "timeout": ("timeout", "tool"),
}
_PAIR = re.compile(r"(\d+)\s*-\s*(?:gpu)?(\d+)")
_NVML = {
    18: "mismatch",
    15: "lost",
    12: "library",
    9: "not-loaded",
    4: "permission",
    999: "unknown",
}


def devices(machine: Machine) -> list[Accelerator]:
    """All that counts as a device."""
    return list(machine.accelerators)


def rules_of(machine: Machine) -> list[str]:
    """Rules of all problems."""
    return [problem.rule or "" for problem in machine.problems]


def said(machine: Machine) -> str:
    """Everything that the problems say."""
    return " ".join(f"{problem.what} {problem.fix or ''}" for problem in machine.problems)


def vendor(recording: Recording, key: str, expected: str) -> Iterator[Outcome]:
    """The maker of all devices; of the processor where there are none; of the tool that failed."""
    machine, word = recording.machine, _VENDORS.get(expected.casefold(), expected.casefold())
    makers = {device.vendor for device in machine.accelerators} or {machine.cpu.vendor}
    if machine.software.nvidia_driver and not machine.accelerators:
        makers = {"nvidia"}
    named = any(rule.startswith(f"probe.{expected}.") for rule in rules_of(machine))
    right = word in makers if expected == "intel-mac" else makers == {word} or named
    yield key, right, expected, repr(sorted(map(str, makers)))


def usable(machine: Machine) -> bool:
    """Whether any device can be used."""
    return any(d.usable_gib != 0 and d.driver_bound is not False for d in machine.accelerators)


def number(expected: int | None, found: int) -> bool:
    """A count; where a text shows none, nothing may be counted."""
    return found == (expected or 0)


def library(machine: Machine) -> str:
    """Where a version of NVML is told: among the versions, or in a problem."""
    return f"{machine.software.versions.get('nvml', '')} {said(machine)}"


def largest(machine: Machine) -> float | None:
    """The most memory, in GiB, that one device gives to a program."""
    sizes = [d.memory_gib if d.usable_gib is None else d.usable_gib for d in machine.accelerators]
    return max((size for size in sizes if size is not None), default=None)


def instances(machine: Machine) -> list[Accelerator]:
    """MIG instances; a GPU in MIG mode without any has none."""
    return [device for device in machine.accelerators if is_instance(device)]


def gpus(fields: Fields, inner: Fields) -> Check:
    """GPUs, each perhaps with its MIG instances."""
    outer = rows(whole, fields)

    def check(recording: Recording, key: str, expected: list[Any]) -> Iterator[Outcome]:
        plain = [{k: v for k, v in row.items() if k != "mig_devices"} for row in expected]
        yield from outer(recording, key, plain)
        parts = [part for row in expected for part in row.get("mig_devices", ())]
        if any("mig_devices" in row for row in expected):
            yield from rows(instances, inner)(recording, f"{key}.mig_devices", parts)

    return check


def mode(expected: Any, found: Any) -> bool:
    """A mode that is off may also be told as not there."""
    off = {"disabled", "n/a", "none", "false"}
    words = (str(expected).casefold(), str(found).casefold())
    return words[0] == words[1] or off.issuperset(words)


def family(expected: str, found: str | None) -> bool:
    """A family of chips, with or without the maker's word before it."""
    return found is not None and found.casefold().removeprefix("ascend") == expected.casefold()


def same_vendor(expected: str, found: str | None) -> bool:
    """The vendor, by whichever of its names."""
    return found == _VENDORS.get(expected, expected)


def name_if_told(expected: str, found: str | None) -> bool | None:
    """The bus knows numbers only: a name that nothing told is unchecked, not wrong."""
    return None if found is None else prose(found, expected)


def counted(expected: Any, found: list[str] | None) -> bool:
    """A number of names, or the names."""
    return found is not None and (same(expected, found) or expected == len(found))


def nics(machine: Machine) -> list[str] | None:
    """Network cards in the matrix of links."""
    return next((d.details["nics"] for d in machine.accelerators if "nics" in d.details), None)


def cpu_agents(machine: Machine) -> int | None:
    """Processors that ROCm lists beside its GPUs."""
    return next((d.details.get("cpu_agents") for d in machine.accelerators), None)


def wsl(recording: Recording, key: str, expected: Any) -> Iterator[Outcome]:
    """WSL as the system shows it, or as the output of a tool gives it away."""
    machine = recording.machine
    software = {
        "nvidia_driver": (machine.software.nvidia_driver or "", ""),
        "versions.nvidia-smi": (machine.software.versions.get("nvidia-smi", ""), ""),
    }
    signs = [device.details.get("wsl") for device in machine.accelerators]
    found = True if any(signs) or is_wsl(recording.text, software) else machine.os.wsl
    yield key, bool(found) is bool(expected), expected, repr(found)


def metal(recording: Recording, key: str, expected: Any) -> Iterator[Outcome]:
    """The Metal family of the devices; False where there is no such device."""
    if expected is False:
        found = [d for d in recording.machine.accelerators if d.vendor == "apple"]
        yield key, not found, expected, repr(found)
    else:
        yield from each(detail("metal"))(recording, key, expected)


def serves(machine: Machine) -> bool:
    """Whether any framework can run on the accelerators themselves."""
    from recommender.pipeline import recommend

    ranking = recommend(machine, Workload()).ranking
    return any(candidate.device != "cpu" for candidate in ranking)


def memory(recording: Recording, key: str, expected: Any) -> Iterator[Outcome]:
    """Memory of each device, of the computer where there are none."""
    machine = recording.machine
    if machine.accelerators:
        yield from each(whole_memory, mib)(recording, key, expected)
    else:
        yield from one(lambda found: found.memory.total_gib, mib)(recording, key, expected)


def about_memory(recording: Recording, key: str, expected: str) -> Iterator[Outcome]:
    """A sentence: it says that the memory is shared with the processor, or nothing checkable."""
    shared = all(device.unified for device in recording.machine.accelerators)
    yield key, shared if "unified" in expected else None, expected, f"unified: {shared}"


def error(recording: Recording, key: str, expected: str) -> Iterator[Outcome]:
    """A rule that says this error."""
    found = rules_of(recording.machine)
    ends = _ERRORS.get(expected, (expected.replace("_", "-"),))
    yield key, any(rule.rpartition(".")[2] in ends for rule in found), expected, repr(found)


def causes(recording: Recording, key: str, expected: list[str]) -> Iterator[Outcome]:
    """Every cause is named."""
    told = said(recording.machine)
    yield key, all(prose(cause, told) for cause in expected), expected, repr(told)


def quirk(recording: Recording, key: str, expected: str) -> Iterator[Outcome]:
    """A remark is checkable where it quotes a name."""
    quoted = re.findall(r'"([^"]+)"', expected)
    names = [device.name for device in recording.machine.accelerators]
    yield key, set(quoted) <= set(names) if quoted else None, expected, repr(names)


def nvlink(recording: Recording, key: str, expected: Any) -> Iterator[Outcome]:
    """Which GPUs NVLink joins."""
    machine = recording.machine
    found = [link.devices for link in machine.links if link.kind == "nvlink"]
    text = str(expected).casefold()
    pairs = [set(map(int, pair)) for pair in _PAIR.findall(text)]
    if "all" in text or expected is True:
        right = found == [tuple(range(len(machine.accelerators)))]
    elif pairs:
        right = all(any(pair <= set(group) for group in found) for pair in pairs)
    else:
        right = not found
    yield key, right, expected, repr(found)


def starts(expected: str, found: str | None) -> bool:
    """The class of a PCI device, in full or its beginning."""
    return found is not None and expected.removeprefix("0x")[: len(found)].startswith(found[:4])


def pci_part(place: int) -> Callable[[Any], str | None]:
    """Half of vendor:device."""
    return lambda device: (device.pci_id or ":").split(":")[place] or None


def hex_number(expected: Any, found: str | None) -> bool:
    """The same number, with or without 0x."""
    if expected is None or found is None:
        return expected is found
    return int(str(expected), 16) == int(found, 16)


def numbered(recording: Recording, key: str, expected: Any) -> Iterator[Outcome]:
    """PCI device ids, or where they are plain numbers the vendor's numbering."""
    listed = expected if isinstance(expected, list) else [expected]
    plain = all(isinstance(number, int) for number in listed)
    get = (lambda d: d.details.get("device_id", d.index)) if plain else pci_part(1)
    yield from each(get, same if plain else hex_number)(recording, key, expected)


def nvml_code(recording: Recording, key: str, expected: int) -> Iterator[Outcome]:
    """The number of NVML's error that a problem words."""
    found = rules_of(recording.machine)
    yield key, f"probe.nvidia.{_NVML.get(expected)}" in found, expected, repr(found)
