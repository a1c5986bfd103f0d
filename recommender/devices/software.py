"""Operating systems, processors and driver versions as people describe them."""

import re
import unicodedata
from typing import Any

from recommender.devices.catalogue import core_part
from recommender.errors import InputError, nearest, printable
from recommender.facts import Cpu, Os
from recommender.patterns import lazily

_LINUX = (
    *("ubuntu", "debian", "rhel", "rocky", "almalinux", "centos", "fedora", "arch", "alpine"),
    *("opensuse", "sles", "amzn", "openeuler", "kylin", "uos", "deepin", "anolis", "nixos"),
    *("gentoo", "linuxmint", "pop", "manjaro", "dgx-os", "raspberry-pi-os"),
)
_SYSTEMS = {
    **{name.replace("-", ""): ("linux", name) for name in _LINUX},
    "linux": ("linux", None),
    "redhat": ("linux", "rhel"),
    "rockylinux": ("linux", "rocky"),
    "amazonlinux": ("linux", "amzn"),
    "archlinux": ("linux", "arch"),
    "raspbian": ("linux", "raspberry-pi-os"),
    **dict.fromkeys(("麒麟", "银河麒麟"), ("linux", "kylin")),
    **dict.fromkeys(("统信", "统信uos"), ("linux", "uos")),
    "欧拉": ("linux", "openeuler"),
    **dict.fromkeys(("windows", "win", "microsoftwindows"), ("windows", None)),
    **dict.fromkeys(("macos", "mac", "macosx", "osx", "darwin"), ("macos", "macos")),
}
_SYSTEM = lazily(r"^([^\W\d][^\d]*?)[\s._:/-]*(?:\bv)?(\d[\w. -]*)?$")
_WSL = lazily(r"\(?\bwsl\s?2?\b\)?")
_ARCHITECTURES = {
    **dict.fromkeys(("x86_64", "x86-64", "amd64", "x64"), "x86_64"),
    **dict.fromkeys(("aarch64", "arm64", "armv8"), "aarch64"),
    **{name: name for name in ("i686", "armv7l", "riscv64", "loongarch64", "ppc64le", "s390x")},
}
# Makers by words of the processor's name; the second is the architecture that the maker implies.
_PROCESSORS = (
    (lazily(r"\b(apple|m\d+ ?(pro|max|ultra)?$)", re.IGNORECASE), "apple", "aarch64"),
    (lazily(r"kunpeng|鲲鹏", re.IGNORECASE), "huawei", "aarch64"),
    (lazily(r"graviton|altra|ampere|\bgrace|neoverse|cortex", re.IGNORECASE), "arm", "aarch64"),
    (lazily(r"\bamd\b|epyc|ryzen|threadripper|opteron|athlon", re.IGNORECASE), "amd", "x86_64"),
    (
        lazily(r"\bintel\b|xeon|\bcore\b|celeron|pentium|\bi[3579]-", re.IGNORECASE),
        "intel",
        "x86_64",
    ),
)
_LEVEL = lazily(r"x86[-_]64[-_]v([1-4])", re.IGNORECASE)
_FIELDS = {
    "nvidia": "nvidia_driver",
    "driver": "nvidia_driver",
    "level-zero": "level_zero",
    **{name: name for name in ("cuda", "rocm", "cann", "level_zero", "habana", "neuron")},
    **{name: name for name in ("jetpack", "maca", "neuware", "musa")},
}
_VERSION = lazily(r"v?\d[0-9A-Za-z._+-]{0,40}")


def operating_system(text: str) -> Os:
    """The system that words like ``ubuntu 22.04``, ``win11`` or ``wsl2`` name.

    What is described is a computer itself, so it is no container and, unless said, not WSL.

    Raises:
        InputError: the words name no known system.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    wsl = _WSL.search(plain) is not None
    plain = _WSL.sub(" ", plain).strip(" -,/") or "linux"
    found = _SYSTEM.match(plain)
    family, distro = _system(found[1]) if found else (None, None)
    if family is None or (wsl and family != "linux"):
        hint = (
            nearest(plain, _SYSTEMS) or "; write linux, windows, macos or ubuntu 22.04 and the like"
        )
        message = f"--os '{printable(text)}' is no operating system that llmpick knows{hint}"
        raise InputError(message)
    return Os(
        family=family,
        distro=distro,
        version=_version(family, found[2] or "") if found else None,
        libc="musl" if distro == "alpine" else None,
        wsl=wsl if family == "linux" else False,
        container="none",
    )


def _version(family: str, text: str) -> str | None:
    words = text.upper().split() if family == "windows" else text.split()[:1]
    return " ".join(words) or None


def _system(words: str) -> tuple[str | None, str | None]:
    first = words.split(maxsplit=1)[0] if words.strip() else ""
    for name in (re.sub(r"[\W_]", "", words), re.sub(r"[\W_]", "", first)):
        if name in _SYSTEMS:
            return _SYSTEMS[name]
    return None, None


def architecture(text: str) -> str:
    """The processor architecture as ``uname -m`` spells it on Linux.

    Raises:
        InputError: there is no such architecture.
    """
    found = _ARCHITECTURES.get(text.casefold().strip())
    if found is None:
        hint = nearest(text, _ARCHITECTURES) or "; write x86_64 or aarch64"
        message = f"--arch '{printable(text)}' is not known{hint}"
        raise InputError(message)
    return found


def processor(name: str | None, flags: tuple[str, ...], cores: int | None) -> Cpu:
    """A processor by its name; a flag like ``x86-64-v3`` gives the level of the instruction set."""
    levels = [int(found[1]) for found in map(_LEVEL.fullmatch, flags) if found]
    return Cpu(
        vendor=_maker(name)[0],
        model=printable(name) if name else None,
        physical_cores=cores,
        flags=tuple(flag.casefold() for flag in flags if not _LEVEL.fullmatch(flag)),
        x86_level=max(levels, default=None),
    )


def architecture_of(name: str | None) -> str | None:
    """The architecture that a processor's name implies, None if it implies none."""
    return _maker(name)[1]


def _maker(name: str | None) -> tuple[str | None, str | None]:
    for pattern, vendor, arch in _PROCESSORS:
        if name and pattern.search(name):
            return vendor, arch
    return None, None


def drivers(text: str, vendor: str | None, series: str | None) -> dict[str, Any]:
    """Fields of Software from ``580.95``, ``cann 8.3.RC1`` or ``nvidia=580.95,cuda=13.0``.

    A version without a name is that of the vendor's own stack.

    Raises:
        InputError: a name is not known, or a version is none.
    """
    found = {}
    for item in re.split(r"[,;]", text):
        name, version = _named(item.strip())
        field = _FIELDS.get(name) if name else _own_field(vendor, series)
        if field is None and not name and _VERSION.fullmatch(version):
            message = (
                f"--driver {printable(item)} belongs to no device; name the device with --gpu, or "
                f"the driver, as in nvidia={printable(item)}"
            )
            raise InputError(message)
        if field is None or not _VERSION.fullmatch(version):
            known = ", ".join(sorted(set(_FIELDS.values())))
            message = (
                f"--driver '{printable(item)}' is no version; write a number like 580.95, or a "
                f"name and a number like cann=8.3 (names: {known})"
            )
            raise InputError(message)
        found[field] = version
    return found


def _named(item: str) -> tuple[str, str]:
    parts = re.split(r"\s*[=:]\s*|\s+", item, maxsplit=1)
    return ("", parts[0]) if len(parts) == 1 else (parts[0].casefold(), parts[1])


def _own_field(vendor: str | None, series: str | None) -> str | None:
    if series and series.startswith("gaudi"):
        return "habana"
    label = core_part("devices")["vendors"].get(vendor, {})
    return label.get("driver")  # type: ignore[no-any-return]
