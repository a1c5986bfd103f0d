"""Runs the readers, each in a thread that may be given up, and makes one Machine of it all."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from recommender.facts.machine import (
    Accelerator,
    Cpu,
    Link,
    Machine,
    Memory,
    Os,
    Problem,
    Software,
)
from recommender.probe import cgroup, cpu, cpuinfo, elsewhere, host, memory, pci, software
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.files import Files
from recommender.probe.jobs import Job

T = TypeVar("T")

_SECONDS = 4.6
# The text of 1024 processors of today.
_CPUINFO_BYTES = 1 << 23


def probe(
    root: "str | os.PathLike[str]" = "/",
    *,
    env: Mapping[str, str] | None = None,
    live: bool | None = None,
) -> Machine:
    """What this computer is.

    Never raises, writes or asks the network, and ends within 5 seconds whatever hangs; what could
    not be read is None and named in ``problems``.

    Args:
        root: folder with the proc, sys, dev, ... of the computer.
        env: its environment; that of this process if not given.
        live: whether the root is this host, so that its libraries and tools may be asked; by
            default if it is ``/``.

    Returns:
        The machine as it is seen from here, control groups and containers included.

    """
    context = Context(
        files=Files(root),
        env=dict(os.environ) if env is None else env,
        live=os.fspath(root) == "/" if live is None else live,
        family=elsewhere.family() if os.fspath(root) == "/" else "linux",
    )
    try:
        return _Survey(context, time.monotonic() + _SECONDS).machine()
    except Exception as error:  # noqa: BLE001  # the last resort of a function that never raises
        return Machine(problems=(_failed("probe", error),))
    finally:
        context.stop.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What the readers of vendors build on."""

    os: Os = field(default_factory=Os)
    arch: str | None = None
    cpu: Cpu = field(default_factory=Cpu)
    memory: Memory = field(default_factory=Memory)


class _Survey:
    def __init__(self, context: Context, deadline: float) -> None:
        self._context = context
        self._deadline = deadline
        self._problems: list[Problem] = []

    def machine(self) -> Machine:
        bus_job: Job[tuple[PciDevice, ...]] = Job(lambda: pci.scan(self._context.files))
        disk_job = Job(lambda: _disk(self._context))
        base = self._take("host", Job(lambda: _base(self._context)), _Base())
        bus = self._take("pci", bus_job, ())
        context = replace(
            self._context, container=base.os.container, memory=base.memory, pci=bus
        )
        vendor_job = Job(lambda: _vendors(context))
        software_job = Job(lambda: _software(context))
        found = self._take("vendors", vendor_job, ())
        installed, more = self._take("software", software_job, (Software(), ()))
        disk_free, shm = self._take("disk", disk_job, (None, None))
        merged = _merged((*found, pci.findings(bus)))
        return Machine(
            os=base.os,
            arch=base.arch,
            cpu=base.cpu,
            memory=base.memory,
            disk_free_gib=disk_free,
            shm_gib=shm,
            accelerators=merged.accelerators,
            links=merged.links,
            software=_with(installed, merged.software),
            problems=(*self._problems, *merged.problems, *more),
        )

    def _take(self, name: str, job: Job[T], otherwise: T) -> T:
        try:
            return job.result(self._deadline - time.monotonic())
        except Exception as error:  # noqa: BLE001  # one reader must not take the others along
            self._problems.append(_failed(name, error))
            return otherwise


def _base(context: Context) -> _Base:
    if context.family != "linux":
        return _Base(
            os=elsewhere.read_os(context.family),
            arch=elsewhere.arch(),
            cpu=elsewhere.read_cpu(),
            memory=elsewhere.read_memory(),
        )
    files = context.files
    container = host.container(files, context.env) if context.live else None
    limits = cgroup.limits(files)
    info = cpuinfo.parse(files.text("proc/cpuinfo", _CPUINFO_BYTES) or "")
    return _Base(
        os=host.read(replace(context, container=container)),
        arch=host.arch(context, info.arch),
        cpu=cpu.read(files, info, live=context.live, quota_cores=limits.cores),
        memory=memory.read(files, limits),
    )


def _disk(context: Context) -> tuple[float | None, float | None]:
    if not context.live:
        return None, None
    if context.family != "linux":
        return elsewhere.disk_free_gib(), None
    return host.disk_free_gib(context), host.shm_gib(context)


def _vendors(context: Context) -> tuple[Findings, ...]:
    found = []
    for read in _READERS:
        findings = read(context)
        if findings is not None:
            found.append(findings)
    return tuple(found)


def _nvidia(context: Context) -> Findings | None:
    from recommender.probe import nvidia

    return nvidia.probe(context) if nvidia.seen(context) else None


# One line a vendor. Each imports its module only where the bus or a device node asks for it.
_READERS: tuple[Callable[[Context], Findings | None], ...] = (_nvidia,)


def _software(context: Context) -> tuple[Software, tuple[Problem, ...]]:
    frameworks = software.installed(context)
    docker, problem = software.docker(context)
    found = Software(
        python=software.python_version() if context.live else None,
        python_arch=software.python_arch() if context.live else None,
        docker=docker,
        podman=software.podman(context),
        installed=frameworks.versions,
        absent=software.absent(context),
    )
    return found, (*frameworks.problems, *([problem] if problem else []))


def _merged(found: tuple[Findings, ...]) -> Findings:
    """All findings as one: a device that a vendor told of counts once, indexes run through."""
    devices: list[Accelerator] = []
    links: list[Link] = []
    told: set[str | None] = set()
    for findings in found:
        new = [device for device in findings.accelerators if device.bus_id not in told]
        links += [_shifted(link, len(devices)) for link in findings.links]
        devices += new
        told |= {device.bus_id for device in new} - {None}
    return Findings(
        accelerators=tuple(replace(device, index=i) for i, device in enumerate(devices)),
        links=tuple(links),
        software={key: value for findings in found for key, value in findings.software.items()},
        problems=tuple(problem for findings in found for problem in findings.problems),
    )


def _shifted(link: Link, places: int) -> Link:
    return replace(link, devices=tuple(device + places for device in link.devices))


def _with(installed: Software, found: Mapping[str, str]) -> Software:
    absent = tuple(name for name in installed.absent if name not in found)
    return replace(installed, absent=absent, **found)


def _failed(name: str, error: BaseException) -> Problem:
    if isinstance(error, TimeoutError):
        what = f"Reading the {name} did not end in time."
    else:
        what = f"Reading the {name} failed: {type(error).__name__}."
    return Problem(
        what=what,
        fix="What is unknown can be given by flags; please report this with the output of probe.",
        rule=f"probe.{name}.failed",
    )
