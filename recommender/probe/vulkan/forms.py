"""The forms of what vulkaninfo prints: its summary and, of releases without one, its list."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe import answers
from recommender.probe.bounds import bounded
from recommender.probe.context import Findings
from recommender.probe.files import clean, integer
from recommender.probe.parts import Part, device

SOURCE = "vulkaninfo"
# The registry of Khronos takes the ids of PCI vendors.
_VENDORS = {
    0x1002: "amd",
    0x10DE: "nvidia",
    0x8086: "intel",
    0x106B: "apple",
    0x13B5: "arm",
    0x5143: "qualcomm",
    0x1010: "imagination",
    0x14E4: "broadcom",
    0x1ED5: "moore-threads",
}
_NAMES = (
    (re.compile(r"\bMali\b|\bImmortalis\b", re.IGNORECASE), "arm"),
    (re.compile(r"\bAdreno\b", re.IGNORECASE), "qualcomm"),
    (re.compile(r"\bPowerVR\b", re.IGNORECASE), "imagination"),
    (re.compile(r"\bV3D\b"), "broadcom"),
    (re.compile(r"\bNVIDIA\b|\bGeForce\b", re.IGNORECASE), "nvidia"),
    (re.compile(r"\bAMD\b|\bRadeon\b", re.IGNORECASE), "amd"),
    (re.compile(r"\bIntel\b", re.IGNORECASE), "intel"),
    (re.compile(r"\bApple\b", re.IGNORECASE), "apple"),
)
_BLOCK = re.compile(r"^[ \t]*GPU(\d{1,3}):[ \t]*$", re.MULTILINE)
_LISTED = re.compile(r"^[ \t]*GPU id *[=:] *(\d{1,3}) *\((.+)\)[ \t]*:?[ \t]*$", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*deviceName[ \t]*=[ \t]*(\S.*)$", re.MULTILINE)
# Drivers that pass Vulkan on to another system put its name for the GPU inside of their own.
_AROUND = re.compile(r"(Microsoft Direct3D12|Virtio-GPU Venus) \((.+)\)")
# Mesa's drivers add themselves, the chip or their compiler to a name.
_ADDED = re.compile(
    r" *\(((?:RADV|NVK|ACO|LLVM|Panfrost|Panvk|Panthor|Turnip|G\d\d\w)\b[^()]*)\)$", re.IGNORECASE
)
_SOFTWARE = re.compile(
    r"llvmpipe|lavapipe|swiftshader|basic render driver|software rasterizer|\bpocl\b", re.IGNORECASE
)
_VERSION = re.compile(r"^Vulkan Instance Version: *(\d+(?:\.\d+)+)", re.MULTILINE)
_API = re.compile(r"\d+\.\d+\.\d+")
_FAILED = re.compile(
    r"(?:cannot|could not|failed to) create (?:a )?vulkan instance|found no drivers"
    r"|ERROR_INCOMPATIBLE_DRIVER|ERROR_INITIALIZATION_FAILED|no physical devices?|no gpus? found",
    re.IGNORECASE,
)
_DRIVERS = "Install the Vulkan driver of the GPU (sudo apt install mesa-vulkan-drivers)."
# Of these the number is that of the device on the bus; others number as they like.
_ON_BUS = {0x1002, 0x10DE, 0x8086, 0x1ED5}
# More than any computer has.
_MOST = 64


@noun
class _Gpu:
    """One GPU under one driver; ``number`` is the pair of its vendor's id and its own."""

    name: str
    driver: str
    processor: bool
    number: tuple[int, int] | None = None
    integrated: bool | None = None
    api: str | None = None

    def same(self, other: "_Gpu") -> bool:
        """Whether both are of one kind."""
        return self.name == other.name or (self.number is not None and self.number == other.number)

    def part(self) -> Part:
        """The facts; graphics inside of a processor have no memory of their own."""
        on_bus = self.number if self.number and self.number[0] in _ON_BUS else None
        facts = {
            "vendor": _vendor(self),
            "name": self.name,
            "integrated": self.integrated,
            "unified": self.integrated,
            "pci_id": "{:04x}:{:04x}".format(*on_bus) if on_bus else None,
            "details": {"vulkan": self.api},
        }
        return Part(source=SOURCE, facts=facts)


def understood(text: str) -> Findings:
    """The GPUs in what vulkaninfo printed, each once; processors that draw are none."""
    short = bounded(text)
    forms = (_blocks(short), _listed(short), _lines(short))
    read = (tuple(islice(form, _MOST)) for form in forms)
    found = next((told for told in read if told), ())
    gpus = _once([gpu for gpu in found if not gpu.processor])
    version = answers.version(_VERSION, short)
    return Findings(
        devices=tuple(device(gpu.part()) for gpu in gpus),
        software={"versions.vulkan": (version, SOURCE)} if version else {},
        problems=() if gpus else _why(short, processor=bool(found)),
    )


def _why(text: str, *, processor: bool) -> tuple[Problem, ...]:
    if not processor and not _FAILED.search(text):
        return ()
    what = "Vulkan finds no GPU" + (
        ", only a driver that runs on the processor." if processor else "."
    )
    return (Problem(what=what, fix=_DRIVERS, rule="probe.vulkan.driver"),)


def _blocks(text: str) -> Iterator[_Gpu]:
    """``GPU0:`` and below it ``key = value`` lines; of equal keys the first one counts."""
    for _, body in answers.split(text, _BLOCK)[1]:
        told: dict[str, str] = {}
        for key, _, value in (line.partition("=") for line in body.splitlines()):
            told.setdefault(key.strip(), value.strip())
        if told.get("deviceName"):
            yield _told(told)


def _listed(text: str) -> Iterator[_Gpu]:
    """``GPU id = 0 (NAME)``, which stands there again for each layer."""
    every = dict(reversed(_LISTED.findall(text)))
    for number in sorted(every, key=int):
        yield _told({"deviceName": every[number]})


def _lines(text: str) -> Iterator[_Gpu]:
    """``deviceName = NAME`` lines alone, as they are cut out of a longer answer."""
    for name in _LINE.findall(text):
        yield _told({"deviceName": name})


def _told(row: Mapping[str, str]) -> _Gpu:
    said = clean(row["deviceName"])
    name, added = _plain(said)
    kind = row.get("deviceType", "").rpartition("DEVICE_TYPE_")[2]
    api = _API.search(row.get("apiVersion", ""))
    return _Gpu(
        name=name,
        driver=row.get("driverID") or row.get("driverName") or added,
        processor=kind == "CPU" or bool(_SOFTWARE.search(said)),
        number=_number(row),
        integrated={"INTEGRATED_GPU": True, "DISCRETE_GPU": False}.get(kind),
        api=api[0] if api else None,
    )


def _plain(name: str) -> tuple[str, str]:
    """A name without what a driver put around it or behind it, and that."""
    around = _AROUND.fullmatch(name)
    if around:
        return clean(around[2]), around[1]
    behind = _ADDED.search(name)
    return (name[: behind.start()], behind[1].split(" ")[0]) if behind else (name, "")


def _number(row: Mapping[str, str]) -> tuple[int, int] | None:
    vendor, own = integer(row.get("vendorID")), integer(row.get("deviceID"))
    if vendor is None or own is None or not 0 < vendor <= 0xFFFF or not 0 < own <= 0xFFFF:  # noqa: PLR2004
        return None
    return vendor, own


def _vendor(gpu: _Gpu) -> str | None:
    by_number = _VENDORS.get(gpu.number[0]) if gpu.number else None
    return by_number or next((word for form, word in _NAMES if form.search(gpu.name)), None)


def _once(gpus: Sequence[_Gpu]) -> list[_Gpu]:
    """Each GPU once: of each kind, what the driver that finds most of them tells."""
    kinds: list[list[_Gpu]] = []
    for gpu in gpus:
        known = next((kind for kind in kinds if any(map(gpu.same, kind))), None)
        if known is None:
            kinds.append([gpu])
        else:
            known.append(gpu)
    return [gpu for kind in kinds for gpu in _best(kind)]


def _best(kind: Sequence[_Gpu]) -> list[_Gpu]:
    by_driver: dict[str, list[_Gpu]] = {}
    for gpu in kind:
        by_driver.setdefault(gpu.driver, []).append(gpu)
    return max(by_driver.values(), key=lambda found: (len(found), not _passing(found[0])))


def _passing(gpu: _Gpu) -> bool:
    return bool(re.search("dozen|direct3d", gpu.driver, re.IGNORECASE))
