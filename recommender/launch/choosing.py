"""Handing a server as many devices as it takes, where the machine has more.

A device has the number that its vendor's own tool gives it (``nvidia-smi``, ``amd-smi``,
``hl-smi``, ``npu-smi``); ``docker run --gpus device=`` takes NVIDIA's (source: Docker's
documentation of GPU access), and knowledge/hosts.yaml names the variables of the others.
"""

from collections.abc import Sequence

from recommender.facts.noun import changed
from recommender.facts.plan import Opening, Process
from recommender.facts.visible import Visible
from recommender.launch.machines import hardware
from recommender.launch.variables import marked
from recommender.rules.candidates import Scored
from recommender.rules.situation import Group

SLICE = "MIG_DEVICE"
_MANAGES = "layer"  # it hands the devices of a machine to servers of its own


def handed(
    processes: tuple[Process, ...],
    scored: Scored,
    devices: int,
    opening: Opening,
    visible: Sequence[Visible],
) -> tuple[Process, ...]:
    """The processes with as many devices of their machine as the server takes.

    Args:
        processes: as knowledge has them, with all devices.
        scored: what they start.
        devices: how many the server takes on all its machines.
        opening: how the server is started.
        visible: how each vendor's devices are hidden.
    """
    here, platform = hardware(scored), scored.trial.platform.id
    row = next((row for row in visible if row.holds(here, platform)), None)
    if row is None or scored.trial.framework.role == _MANAGES:
        return processes
    mine = _chosen(scored.trial.group, devices // scored.fit.nodes, opening, sliced=row.slices)
    return tuple(_handed(process, mine, row) for process in processes) if mine else processes


def _chosen(group: Group, taken: int, opening: Opening, *, sliced: bool) -> str | None:
    """The devices of one machine, with commas between; None where all are handed in.

    A scheduler chooses by itself. A slice has no number: whoever starts the server names it.
    """
    if opening.orchestrated or opening.shares_network:
        return None
    if group.first.partition and sliced:
        return marked(SLICE)
    numbers = [device.index for device in group.members[:taken]]
    alone = not group.others and not opening.beside
    if None in numbers or (taken >= len(group.members) and alone):
        return None
    return ",".join(map(str, numbers))


def _handed(process: Process, devices: str, row: Visible) -> Process:
    box = process.container
    if box and box.gpus:
        return changed(process, container=changed(box, gpus=f"device={devices}"))
    if process.within or process.shell or process.role == "load":
        return process
    if not (row.containers if box else row.programs):
        return process
    order = {} if devices == marked(SLICE) else row.sets
    return changed(process, env={**process.env, **order, row.variable: devices})
