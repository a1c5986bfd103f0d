"""Names of AMD's instruction sets (``gfx942``), and what they say of a chip."""

import re

_TARGET = re.compile(r"gfx[0-9a-f]{3,5}", re.IGNORECASE)
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
    if not version:
        return None
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def of_override(setting: str | None) -> str | None:
    """The target that HSA_OVERRIDE_GFX_VERSION asks for: 10.3.0 is gfx1030."""
    match = _OVERRIDE.fullmatch((setting or "").strip())
    return f"gfx{int(match[1])}{int(match[2]):x}{int(match[3]):x}" if match else None


def in_text(text: str | None) -> str | None:
    """The target that a tool's word begins with, without its features (``:xnack-``)."""
    match = _TARGET.match((text or "").strip())
    return match[0].lower() if match else None


def in_processor(target: str | None, pci_id: str | None, name: str | None = None) -> bool | None:
    """Whether such a GPU is part of a processor; None where nothing tells."""
    if pci_id == _MI300A:
        return True
    if target is not None:
        return target in _IN_PROCESSORS
    return True if name and _PROCESSOR_NAME.fullmatch(name) else None
