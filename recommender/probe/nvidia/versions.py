"""Versions that nvidia-smi prints: of the driver, of the CUDA that it supports, of itself."""

import re

from recommender.probe.context import Read
from recommender.probe.nvidia.words import SOURCE

_OWN = re.compile(r"NVIDIA-SMI|NVSMI LOG|^NVML version|<nvidia_smi_log", re.MULTILINE)
# "Driver Version: 1.2", "DRIVER version : 1.2" or "<driver_version>1.2".
_VERSION = r"[ _]version\s*[:>]\s*(\d+(?:\.\d+)+)"
# Since driver 610 the kernel part is "KMD Version" and the user part "CUDA UMD Version"; the old
# names then hold a remark that they are deprecated.
_KERNEL = re.compile(rf"\bKMD{_VERSION}", re.IGNORECASE)
_DRIVER = re.compile(rf"\bdriver{_VERSION}", re.IGNORECASE)
_CUDA = re.compile(rf"\bCUDA(?:[ _]UMD)?{_VERSION}", re.IGNORECASE)
_TOOL = re.compile(r"\bNVIDIA-SMI(?: version\s*:)?\s*(\d+(?:\.\d+)+)", re.IGNORECASE)
_LIBRARY = re.compile(rf"\bNVML(?: library)?{_VERSION}", re.IGNORECASE)
# Windows drivers have versions of two numbers, tools for Linux mostly of three. WSL can use GPUs
# since driver 455 (NVIDIA, CUDA on WSL user guide).
_WINDOWS = re.compile(r"\d+\.\d+")
_FIRST_WSL = (450,)
_WINDOWS_TABLE = re.compile(r"Driver-Model|TCC/WDDM|\bWDDM\b")
# WSL's own display server, as its processes are shown.
_WSL_PROCESS = re.compile(r"\s/Xwayland\b")


def read(text: str) -> dict[str, Read]:
    """Versions by the names of ``Findings.software``; none in a text that is not NVIDIA's."""
    if not _OWN.search(text):
        return {}
    patterns = {
        "nvidia_driver": (_KERNEL, _DRIVER),
        "cuda": (_CUDA,),
        "versions.nvidia-smi": (_TOOL,),
        "versions.nvml": (_LIBRARY,),
    }
    found = {name: _first(text, *each) for name, each in patterns.items()}
    return {name: (version, SOURCE) for name, version in found.items() if version}


def is_wsl(text: str, software: dict[str, Read]) -> bool | None:
    """True where the tool shows that it runs inside of WSL; None where nothing shows it.

    There the driver is that of Windows and at least as new as the tool. A tool that is newer than
    the driver was merely installed apart from it.
    """
    if _WSL_PROCESS.search(text):
        return True
    driver, _ = software.get("nvidia_driver", ("", ""))
    tool, _ = software.get("versions.nvidia-smi", ("", ""))
    if not tool or tool == driver or not _WINDOWS.fullmatch(driver) or _WINDOWS_TABLE.search(text):
        return None
    return True if _numbers(driver) >= _numbers(tool) >= _FIRST_WSL else None


def _first(text: str, *patterns: re.Pattern[str]) -> str | None:
    matches = (pattern.search(text) for pattern in patterns)
    return next((match[1] for match in matches if match), None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
