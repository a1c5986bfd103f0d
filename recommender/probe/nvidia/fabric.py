"""GPUs at NVSwitches whose links nobody set up."""

from recommender.probe.files import Files, integer
from recommender.probe.nvidia import problems
from recommender.probe.nvidia.told import Reading

_BUS = "sys/bus/pci/devices"
_NVIDIA = 0x10DE
# "Bridge, other": NVSwitches, as lspci shows them on HGX boards (10de:1af1, 10de:22a3).
_SWITCH_CLASS = 0x0680


def read(files: Files, reading: Reading) -> Reading:
    """A problem where NVSwitches are on the bus and not one GPU has a link.

    GPUs before Hopper do not tell the state of their fabric.
    """
    whole = [gpu for gpu in reading.gpus if not gpu.mig]
    linked = bool(reading.joined) or any(gpu.fabric for gpu in whole)
    if len(whole) <= 1 or linked or not _has_switch(files):
        return Reading()
    return Reading(problems=(problems.fabric(),))


def _has_switch(files: Files) -> bool:
    folders = (f"{_BUS}/{name}" for name in files.names(_BUS))
    return any(
        files.integer(f"{folder}/vendor") == _NVIDIA
        and (integer(files.line(f"{folder}/class")) or 0) >> 8 == _SWITCH_CLASS
        for folder in folders
    )
