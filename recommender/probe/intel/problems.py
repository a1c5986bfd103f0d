"""What goes wrong with Intel's GPUs and what their tools say of it."""

import re

from recommender.facts.machine import Problem
from recommender.probe.drm import JOIN_GROUPS

_RENDER = f"{JOIN_GROUPS}, then log in again"
_SAID = (
    (
        re.compile(
            r"Level Zero Initialization Error|zeInit error|Failed to enumerate GPU", re.IGNORECASE
        ),
        "driver",
        "Level Zero, Intel's runtime for GPUs, cannot be initialised.",
        f"Install it (sudo apt install libze1 libze-intel-gpu1) and join its group ({_RENDER}).",
    ),
    (
        re.compile(r"No device discovered|No GPU devices? found|No Intel GPU", re.IGNORECASE),
        "no-devices",
        "Intel's runtime finds no GPU.",
        f"Install the driver (sudo apt install libze-intel-gpu1) and join its group ({_RENDER}).",
    ),
    (
        re.compile(r"permission denied|/dev/dri/\S+.{0,60}insufficient permission", re.IGNORECASE),
        "permission",
        "This user may not use the Intel GPUs.",
        f"Join the group that may: {_RENDER}.",
    ),
)


def said(text: str) -> tuple[Problem, ...]:
    """The failure that a tool's output words, if it does."""
    return tuple(
        Problem(what=what, fix=fix, rule=f"probe.intel.{rule}")
        for pattern, rule, what, fix in _SAID
        if pattern.search(text)
    )[:1]


def denied(node: str) -> Problem:
    """The node of a GPU that this user may not open."""
    return Problem(
        what=f"This user may not open {node}, so programs started here cannot use the Intel GPU.",
        fix=f"Join the group that may: {_RENDER}.",
        rule="probe.intel.permission",
    )


def not_given() -> Problem:
    """A container without the nodes of GPUs that its host has."""
    return Problem(
        what="This container was started without the Intel GPUs of its host.",
        fix="Start it with their nodes: docker run --device /dev/dri ...",
        rule="probe.intel.devices",
    )


def broken(which: str) -> Problem:
    """Firmware that must be written anew before the GPU can be used."""
    return Problem(
        what=f"The Intel GPU {which} is in survivability mode: its firmware does not start.",
        fix="Update its firmware (sudo xpu-smi updatefw), or switch the computer off and on.",
        rule="probe.intel.firmware",
    )


def bad_state(which: str, state: str) -> Problem:
    """A GPU of which a tool says that it is not as it should be."""
    return Problem(
        what=f'xpu-smi calls the state of the Intel GPU {which} "{state}".',
        fix="Look into the kernel log (sudo dmesg); a firmware or xpu-smi update may be needed.",
        rule="probe.intel.state",
    )


def memory_unknown(which: str) -> Problem:
    """A GPU with memory of its own whose size nothing tells."""
    return Problem(
        what=f"Nothing here tells how much memory the Intel GPU {which} has.",
        fix="Install Intel's tool (sudo apt install xpu-smi), or describe the machine with --gpu.",
        rule="probe.intel.memory",
    )
