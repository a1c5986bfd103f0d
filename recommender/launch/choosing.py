"""Handing a server as many of NVIDIA's devices as it takes, where the machine has more.

CUDA takes the numbers of ``nvidia-smi`` in the order of the bus, and the identifiers that
``nvidia-smi -L`` prints (source: CUDA Programming Guide, 5.2.1 Device Enumeration and Properties);
so does ``docker run --gpus device=`` (source: Docker's documentation of GPU access).
"""

from collections.abc import Mapping, Sequence

from recommender.facts.noun import changed
from recommender.facts.plan import Opening, Process
from recommender.launch.variables import marked
from recommender.rules.situation import Group

SLICE = "MIG_DEVICE"
_VENDOR = "nvidia"
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_ORDER: Mapping[str, str] = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def chosen(group: Group, taken: int, opening: Opening) -> str | None:
    """The devices of one machine, with commas between; None where all are handed in.

    A scheduler chooses by itself. A slice has no number: whoever starts the server names it.
    """
    if group.first.vendor != _VENDOR or opening.orchestrated or opening.shares_network:
        return None
    if group.first.partition:
        return marked(SLICE)
    numbers = [device.index for device in group.members[:taken]]
    if None in numbers or (taken >= len(group.members) and not group.others):
        return None
    return ",".join(map(str, numbers))


def handed(processes: Sequence[Process], devices: str | None) -> tuple[Process, ...]:
    """The processes with no other devices than these; none of them where ``devices`` is None."""
    if devices is None:
        return tuple(processes)
    return tuple(_handed(process, devices) for process in processes)


def _handed(process: Process, devices: str) -> Process:
    if process.container and process.container.gpus:
        return changed(process, container=changed(process.container, gpus=f"device={devices}"))
    if process.container or process.within or process.shell or process.role == "load":
        return process
    order = {} if devices == marked(SLICE) else _ORDER
    return changed(process, env={**process.env, **order, _VISIBLE: devices})
