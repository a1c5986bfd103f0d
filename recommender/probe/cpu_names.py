"""Names of processors that their kernels only number.

Sources: util-linux sys-utils/lscpu-arm.c (Arm implementers and parts), vendor strings of CPUID;
0x862 of Phytium, 0xac3 of Ampere and Apple's hidden part 0x000: recorded /proc/cpuinfo texts.
"""

_X86 = {
    "GenuineIntel": "intel",
    "AuthenticAMD": "amd",
    "HygonGenuine": "hygon",
    "CentaurHauls": "zhaoxin",
    "Shanghai": "zhaoxin",
    "IBM/S390": "ibm",
}
_IMPLEMENTERS = {
    0x41: "arm",
    0x42: "broadcom",
    0x43: "cavium",
    0x46: "fujitsu",
    0x48: "hisilicon",
    0x4E: "nvidia",
    0x50: "apm",
    0x51: "qualcomm",
    0x53: "samsung",
    0x56: "marvell",
    0x61: "apple",
    0x69: "intel",
    0x70: "phytium",
    0xC0: "ampere",
}
_PARTS = {
    0x41: {
        0xB76: "ARM1176",
        0xC07: "Cortex-A7",
        0xC08: "Cortex-A8",
        0xC09: "Cortex-A9",
        0xC0F: "Cortex-A15",
        0xC0E: "Cortex-A17",
        0xD03: "Cortex-A53",
        0xD04: "Cortex-A35",
        0xD05: "Cortex-A55",
        0xD07: "Cortex-A57",
        0xD08: "Cortex-A72",
        0xD09: "Cortex-A73",
        0xD0A: "Cortex-A75",
        0xD0B: "Cortex-A76",
        0xD0C: "Neoverse-N1",
        0xD0D: "Cortex-A77",
        0xD40: "Neoverse-V1",
        0xD41: "Cortex-A78",
        0xD42: "Cortex-A78AE",
        0xD44: "Cortex-X1",
        0xD46: "Cortex-A510",
        0xD47: "Cortex-A710",
        0xD48: "Cortex-X2",
        0xD49: "Neoverse-N2",
        0xD4B: "Cortex-A78C",
        0xD4C: "Cortex-X1C",
        0xD4D: "Cortex-A715",
        0xD4E: "Cortex-X3",
        0xD4F: "Neoverse-V2",
    },
    0x43: {0x0A1: "ThunderX-88XX", 0x0AF: "ThunderX2-99xx", 0x0B8: "ThunderX3-T110"},
    0x46: {0x001: "A64FX"},
    0x48: {0xD01: "Kunpeng-920", 0xD40: "Cortex-A76"},
    0x4E: {0x003: "Denver 2", 0x004: "Carmel"},
    0x61: {
        0x022: "Icestorm-M1",
        0x023: "Firestorm-M1",
        0x024: "Icestorm-M1-Pro",
        0x025: "Firestorm-M1-Pro",
        0x028: "Icestorm-M1-Max",
        0x029: "Firestorm-M1-Max",
        0x032: "Blizzard-M2",
        0x033: "Avalanche-M2",
    },
    0x70: {0x660: "FTC660", 0x661: "FTC661", 0x662: "FTC662", 0x663: "FTC663", 0x862: "FTC862"},
    0xC0: {0xAC3: "Ampere-1", 0xAC4: "Ampere-1a"},
}


def x86_vendor(text: str) -> str | None:
    """Our word for the vendor string of CPUID."""
    return _X86.get(text.strip())


def arm_vendor(implementer: str) -> str | None:
    """Our word for the implementer's number in hexadecimal."""
    return _IMPLEMENTERS.get(_number(implementer))


def arm_model(implementer: str, part: str) -> str | None:
    """Name of the core, by the two numbers in hexadecimal."""
    return _PARTS.get(_number(implementer), {}).get(_number(part))


def _number(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return -1
