"""Runs the readers, each in a thread that may be given up, and makes one Machine of it all."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from recommender.facts.machine import Cpu, Machine, Memory, Os, Problem, Software
from recommender.probe import cpu, cpuinfo, host, memory, merging, pci, signs, software
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.files import Files
from recommender.probe.jobs import Job
from recommender.probe.plausible import plausible

T = TypeVar("T")

_FAMILIES = {"darwin": "macos", "win32": "windows", "cygwin": "windows"}
_SECONDS = 4.6
# Long enough for a reader to kill the program that it waits for.
_STOP_SECONDS = 0.3
# The text of 1024 processors of today.
_CPUINFO_BYTES = 1 << 23


def probe(
    root: "str | os.PathLike[str]" = "/",
    *,
    env: Mapping[str, str] | None = None,
    live: bool | None = None,
    node: bool = False,
    evidence: bool = False,
) -> Machine:
    """What this computer is.

    Never raises, writes or asks the network, and ends within 5 seconds whatever hangs; what could
    not be read is None and named in ``problems``.

    Args:
        root: folder with the proc, sys, dev, ... of the computer.
        env: its environment; that of this process if not given.
        live: whether the root is this host, so that its libraries and tools may be asked; by
            default if it is ``/``.
        node: whether a container that was given nothing tells of its node.
        evidence: whether the machine says of each fact where it was read.

    Returns:
        The machine as it is seen from here, control groups and containers included.

    """
    here = os.fspath(root) == "/"
    context = Context(
        files=Files(root),
        env=dict(os.environ) if env is None else env,
        live=here if live is None else live,
        node=node,
        family=_family() if here else "linux",
    )
    survey = _Survey(context)
    try:
        machine = survey.machine()
        return survey.proven(machine) if evidence else machine
    except Exception as error:  # noqa: BLE001  # the last resort of a function that never raises
        return Machine(problems=(_failed("machine", error),))
    finally:
        survey.stop()


def _family() -> str:
    """Linux (Android too), macos, windows, or the word of another system."""
    if sys.platform.startswith(("linux", "android")):
        return "linux"
    return _FAMILIES.get(sys.platform, sys.platform)


class _Survey:
    """One run: its jobs and what went wrong with them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._deadline = time.monotonic() + _SECONDS
        self._jobs: list[Job[Any]] = []
        self._problems: list[Problem] = []
        self._merged = Findings()

    def machine(self) -> Machine:
        context = self._context
        jobs: dict[str, Job[Any]] = {
            "system": self._start(partial(_os, context)),
            "pci": self._start(partial(_pci, context)),
            "memory": self._start(partial(_memory, context)),
            "processor": self._start(partial(_cpu, context)),
            "disk": self._start(partial(_disk, context)),
            "software": self._start(partial(_software, context)),
        }
        system: Os = self._take("system", jobs, Os())
        bus: tuple[PciDevice, ...] = self._take("pci", jobs, ())
        ram: Memory = self._take("memory", jobs, Memory())
        found = self._vendors(replace(context, os=system, memory=ram, pci=bus))
        processor, arch = self._take("processor", jobs, (Cpu(), None))
        disk_free, shm = self._take("disk", jobs, (None, None))
        installed, more = self._take("software", jobs, (Software(), ()))
        self._merged = self._named(merging.merged(found, bus))
        machine = Machine(
            os=system,
            arch=arch,
            cpu=processor,
            memory=ram,
            disk_free_gib=disk_free,
            shm_gib=shm,
            software=installed,
            problems=tuple(self._problems),
        )
        machine = merging.machine(machine, self._merged)
        return plausible(replace(machine, problems=(*machine.problems, *more)))

    def proven(self, machine: Machine) -> Machine:
        """The machine with where each fact was read."""
        from recommender.probe import evidence

        read = {**evidence.host(machine, self._context), **merging.evidence(self._merged)}
        return replace(machine, evidence=read)

    def stop(self) -> None:
        """Make readers that still run give up; nothing of them stays behind."""
        self._context.stop.set()
        end = time.monotonic() + _STOP_SECONDS
        for job in self._jobs:
            job.wait(end - time.monotonic())

    def _named(self, found: Findings) -> Findings:
        """The findings, with names from the system's database where no reader told one."""
        if all(accelerator.name for accelerator in found.accelerators):
            return found
        from recommender.probe import pci_names

        return replace(found, devices=pci_names.completed(self._context.files, found.devices))

    def _vendors(self, context: Context) -> dict[str, Findings]:
        jobs = {name: self._start(partial(_vendor, name, context)) for name in signs.seen(context)}
        return {name: self._take(name, jobs, Findings()) for name in jobs}

    def _start(self, work: Callable[[], T]) -> Job[T]:
        job = Job(work)
        self._jobs.append(job)
        return job

    def _take(self, name: str, jobs: Mapping[str, Job[Any]], otherwise: T) -> T:
        try:
            value: T = jobs[name].result(self._deadline - time.monotonic())
        except Exception as error:  # noqa: BLE001  # one reader must not take the others along
            self._problems.append(_failed(name, error))
            return otherwise
        return value


def _os(context: Context) -> Os:
    if context.family == "macos":
        from recommender.probe import macos

        return macos.read_os(context)
    if context.family == "windows":
        from recommender.probe import winhost

        return winhost.read_os()
    if context.family != "linux":
        from recommender.probe import elsewhere

        return elsewhere.read_os(context.family)
    container = host.container(context.files, context.env) if context.live else None
    return replace(host.read(context), container=container)


def _cpu(context: Context) -> tuple[Cpu, str | None]:
    """The processors and the architecture of the computer."""
    if context.family == "macos":
        from recommender.probe import macos

        return macos.read_cpu(context)
    if context.family == "windows":
        from recommender.probe import winhost

        return winhost.read_cpu(), winhost.arch()
    if context.family != "linux":
        from recommender.probe import elsewhere

        return elsewhere.described(elsewhere.read_cpu()), elsewhere.arch()
    info = cpuinfo.parse(context.files.text("proc/cpuinfo", _CPUINFO_BYTES) or "")
    found = cpu.read(context, info)
    if context.live and not (found.model or found.flags):
        from recommender.probe import lscpu

        found = lscpu.completed(context, found)
    return found, host.arch(context, info.arch)


def _memory(context: Context) -> Memory:
    if context.family == "macos":
        from recommender.probe import macos

        return macos.read_memory(context)
    if context.family != "linux":
        from recommender.probe import elsewhere

        return elsewhere.read_memory()
    return memory.read(context.files)


def _pci(context: Context) -> tuple[PciDevice, ...]:
    if not context.live or context.files.exists("sys/bus/pci"):
        return pci.scan(context.files)
    from recommender.probe import lspci

    return lspci.read(context)


def _disk(context: Context) -> tuple[float | None, float | None]:
    if not context.live:
        return None, None
    if context.family == "macos":
        return host.disk_free_gib(context), None
    if context.family != "linux":
        from recommender.probe import elsewhere

        return elsewhere.disk_free_gib(context.env), None
    return host.disk_free_gib(context), host.shm_gib(context)


def _software(context: Context) -> tuple[Software, tuple[Problem, ...]]:
    if not context.live:
        return Software(), ()
    versions, silent = software.installed(context)
    docker, problem = software.docker(context)
    found = Software(
        python=software.python_version(),
        python_arch=software.python_arch(),
        docker=docker,
        podman=software.podman(context),
        versions={name: version for name, version in versions.items() if name in software.TOOLS},
        installed={name: told for name, told in versions.items() if name not in software.TOOLS},
        absent=software.absent(context),
    )
    return found, (*silent, *([problem] if problem else []))


def _vendor(name: str, context: Context) -> Findings:
    """What the reader of this name finds; its module is imported only where there is a sign."""
    findings: Findings = import_module(f"recommender.probe.{name}").probe(context)
    return findings


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
