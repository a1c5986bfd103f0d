"""Names of AMD's instruction sets (``gfx942``), and what they say of a chip."""

import re

# Names have one digit of minor and one of stepping; majors are 6 to 9, or two digits from 10 on.
_TARGET = re.compile(r"gfx((?:[6-9]|1\d)[0-9a-f]{2})(?![0-9a-f])", re.IGNORECASE)
# KFD's number with "gfx" before it, as libraries of ROCm 6.0 tell it: gfx90010, gfx110000.
_NUMBER = re.compile(r"gfx((?:[6-9]|1\d)\d{4})(?!\d)", re.IGNORECASE)
# Since ROCm 6.1 "gfx" stands before major * 1000 + stepping where the minor is 0: gfx9010 is
# gfx90a, gfx11000 is gfx1100 (source: rsmi_get_gfx_target_version of rocm_smi_lib).
_SPREAD = re.compile(r"gfx([6-9]|1\d)0(\d\d)(?!\d)", re.IGNORECASE)
_OVERRIDE = re.compile(r"(\d{1,2})\.(\d{1,3})\.(\d{1,3})")
# Chips with a processor inside (source: LLVM's AMDGPU usage guide, column "dGPU/APU").
_IN_PROCESSORS = {
    *("gfx700", "gfx703", "gfx801", "gfx810", "gfx902", "gfx909", "gfx90c", "gfx1013", "gfx1033"),
    *("gfx1035", "gfx1036", "gfx1103", "gfx1150", "gfx1151", "gfx1152", "gfx1153", "gfx1170"),
    *("gfx1171", "gfx1172"),
}
# The same instruction set as a board: the MI300A is the one with a processor (pci.ids).
_MI300A = "1002:74a0"
# What drivers call graphics of a processor (source: amdgpu.ids of libdrm); cards have "RX", "Pro"
# or "Instinct" in their names.
_PROCESSOR_NAME = re.compile(
    r"(?:AMD )?(?:Radeon (?:Graphics|(?:[6-9]\d0M|[89]\d{3}S)(?: Graphics)?"
    r"|Vega \d+ (?:Mobile )?Graphics)|Instinct MI300A)|.*\[Radeon Graphics\b.*"
)


def of_version(version: int | None) -> str | None:
    """The target in KFD's number: 90402 is gfx942, 90010 is gfx90a; None for 0 (old kernels).

    Major, minor and stepping have two decimal digits each; the last two are written hexadecimal.
    """
    number = version or 0
    return _named(number // 10000, number // 100 % 100, number % 100)


def of_override(setting: str | None) -> str | None:
    """The target that HSA_OVERRIDE_GFX_VERSION asks for: 10.3.0 is gfx1030."""
    match = _OVERRIDE.fullmatch((setting or "").strip())
    return _named(int(match[1]), int(match[2]), int(match[3])) if match else None


def in_text(text: str | None) -> str | None:
    """The target that a tool's word begins with, without its features (``:xnack-``).

    Some releases print its parts in decimal; what has no form of these is unknown.
    """
    word = (text or "").strip()
    if match := _TARGET.match(word):
        return match[0].lower()
    if match := _NUMBER.match(word):
        return of_version(int(match[1]))
    match = _SPREAD.match(word)
    return _named(int(match[1]), 0, int(match[2])) if match else None


def _named(major: int, minor: int, stepping: int) -> str | None:
    """The name; None where a part has no digit of its own, or nothing is known (major 0)."""
    if not major or max(minor, stepping) > 0xF:  # noqa: PLR2004  # one hexadecimal digit
        return None
    return f"gfx{major}{minor:x}{stepping:x}"


def in_processor(target: str | None, pci_id: str | None, name: str | None = None) -> bool | None:
    """Whether such a GPU is part of a processor; None where nothing tells."""
    if pci_id == _MI300A:
        return True
    if target is not None:
        return target in _IN_PROCESSORS
    return True if name and _PROCESSOR_NAME.fullmatch(name) else None
