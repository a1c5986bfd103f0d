"""What a process in a container or a job may tell of the node on which it runs."""

from dataclasses import replace

from recommender.facts.machine import Machine, Os, Software


def of_node(machine: Machine, name: str) -> Machine:
    """The node of that name, of which a probe saw a part.

    The limits of a job or container are not the node's. Neither are, in a container, the system of
    its image, its disk and its programs: of the node they stay unknown.
    """
    known = replace(
        machine,
        name=name,
        cpu=replace(machine.cpu, quota_cores=None),
        memory=replace(machine.memory, limit_gib=None, group_used_gib=None),
        evidence={},
    )
    if machine.os.container in {None, "none"}:
        return known
    return replace(
        known,
        os=_kernel(machine.os),
        software=_drivers(machine.software),
        disk_free_gib=None,
        shm_gib=None,
    )


def _kernel(os: Os) -> Os:
    """What the kernel tells, which is the node's own."""
    return Os(family=os.family, kernel=os.kernel, wsl=os.wsl, vm=os.vm, container="none")


def _drivers(software: Software) -> Software:
    """Versions of drivers, which the kernel and what the runtime brings tell."""
    return replace(
        software,
        python=None,
        python_arch=None,
        docker=None,
        podman=None,
        installed={},
        absent=(),
    )
