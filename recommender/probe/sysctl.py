"""The named figures of macOS: asked of its C library, else of the program sysctl.

Values are texts, as the program prints them, so that a recorded text is read by the same code.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.probe.context import Context
from recommender.probe.files import clean, integer

SOURCE = "sysctlbyname"
BRAND = "machdep.cpu.brand_string"
_LIBRARY = "/usr/lib/libSystem.B.dylib"
# "name: value" is what macOS prints; "name=value" and "name = value" come from other programs.
_LINE = re.compile(r"\s*([A-Za-z]\w*(?:\.\w+)+)\s*[:=]\s*(.*\S)")
# What the kernel keeps as text; everything else is a number of four or eight bytes.
_TEXTS = re.compile(r".*(_string|_?features|\.vendor|\.name|\.model|version|release)")
_LONGEST = 4096
# CPU types of mach/machine.h: 0x0100000c is arm64, 0x01000007 x86_64.
_ARM64, _X86_64 = 0x0100000C, 0x01000007


def values(text: str) -> dict[str, str]:
    """Figures by name from what ``sysctl`` printed; other lines are passed over."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {match[1]: clean(match[2], _LONGEST) for match in found if match}


def read(context: Context, names: Sequence[str]) -> dict[str, str]:
    """Those of ``names`` that this Mac knows; none where it is not this host."""
    if not context.live:
        return {}
    return _by_library(names) or _by_program(context, names)


def number(known: Mapping[str, str], name: str) -> int | None:
    """A figure as a whole number; None where it is not there or none."""
    return integer(known.get(name))


def is_apple_silicon(known: Mapping[str, str]) -> bool | None:
    """Whether the figures are those of an Apple chip; None where they do not tell.

    Under Rosetta the processor calls itself "VirtualApple"; cores of several levels and a limit for
    the memory of the GPU are known on Apple silicon only.
    """
    brand = known.get(BRAND, "")
    if "Apple" in brand or "1" in (known.get("hw.optional.arm64"), known.get("hw.optional.neon")):
        return True
    kind = number(known, "hw.cputype")
    if brand or "machdep.cpu.vendor" in known or kind == _X86_64:
        return False
    levels = "hw.perflevel1.physicalcpu" in known or "iogpu.wired_limit_mb" in known
    return True if levels or kind == _ARM64 else None


def _by_library(names: Sequence[str]) -> dict[str, str]:
    import ctypes

    try:
        ask = ctypes.CDLL(_LIBRARY).sysctlbyname
    except (OSError, AttributeError):
        return {}
    size_at = ctypes.POINTER(ctypes.c_size_t)
    ask.argtypes = (ctypes.c_char_p, ctypes.c_void_p, size_at, ctypes.c_void_p, ctypes.c_size_t)
    ask.restype = ctypes.c_int
    told = ((name, _raw(ask, name)) for name in names)
    return {name: _decoded(name, raw) for name, raw in told if raw}


def _raw(ask: Any, name: str) -> bytes | None:
    import ctypes

    buffer, size = ctypes.create_string_buffer(_LONGEST), ctypes.c_size_t(_LONGEST)
    failed = ask(name.encode(), buffer, ctypes.byref(size), None, 0)
    return None if failed else buffer.raw[: size.value]


def _decoded(name: str, raw: bytes) -> str:
    if _TEXTS.fullmatch(name):
        return clean(raw.partition(b"\0")[0].decode(errors="replace"), _LONGEST)
    return str(int.from_bytes(raw, "little", signed=True))


def _by_program(context: Context, names: Sequence[str]) -> dict[str, str]:
    from recommender.probe import tools

    program = tools.find(context, "sysctl", "usr/sbin/sysctl")
    return values(tools.ask(context, program, names)[0] or "")
