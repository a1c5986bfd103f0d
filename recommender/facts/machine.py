"""One computer as llmpick knows it: what a probe saw, or what somebody described."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.noun import noun


@noun
class Problem:
    """Something that could not be read or is not as it should be, with the way to mend it."""

    what: str
    fix: str | None = None
    rule: str | None = None


@noun
class Os:
    """The operating system; ``container`` is ``"none"`` outside of one, else its kind.

    ``l4t`` is the Jetson Linux release.
    """

    family: str | None = None
    distro: str | None = None
    version: str | None = None
    kernel: str | None = None
    libc: str | None = None
    libc_version: str | None = None
    wsl: bool | None = None
    container: str | None = None
    l4t: str | None = None


@noun
class Cpu:
    """The processors that this process may use; ``x86_level`` is 1 to 4 (x86-64 psABI levels)."""

    vendor: str | None = None
    model: str | None = None
    sockets: int | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    numa_nodes: int | None = None
    flags: tuple[str, ...] = ()
    x86_level: int | None = None
    quota_cores: float | None = None


@noun
class Memory:
    """Main memory in GiB; ``limit_gib`` is the tightest control-group limit, if there is one."""

    total_gib: float | None = None
    available_gib: float | None = None
    limit_gib: float | None = None


@noun
class Accelerator:
    """One device. ``memory_gib`` is what the driver reports, ``usable_gib`` what a server may take.

    ``driver_bound`` is False when the device sits on the bus without its vendor's driver;
    ``driver`` is the kernel driver that holds it (``nouveau``, ``vfio-pci``, ...).
    """

    vendor: str | None = None
    name: str | None = None
    index: int | None = None
    memory_gib: float | None = None
    usable_gib: float | None = None
    compute_capability: str | None = None
    gfx: str | None = None
    chip: str | None = None
    unified: bool | None = None
    integrated: bool | None = None
    partition: str | None = None
    driver_bound: bool | None = None
    driver: str | None = None
    pci_id: str | None = None
    bus_id: str | None = None
    numa_node: int | None = None


@noun
class Link:
    """How the accelerators with these indexes reach each other: nvlink, xgmi, pcie, ..."""

    kind: str
    devices: tuple[int, ...] = ()


@noun
class Software:
    """Versions of what is installed. A key named in ``absent`` was looked for and is not there."""

    nvidia_driver: str | None = None
    cuda: str | None = None
    rocm: str | None = None
    cann: str | None = None
    level_zero: str | None = None
    habana: str | None = None
    neuron: str | None = None
    jetpack: str | None = None
    maca: str | None = None
    neuware: str | None = None
    musa: str | None = None
    python: str | None = None
    python_arch: str | None = None
    docker: bool | None = None
    podman: bool | None = None
    installed: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


@noun
class Machine:
    """One computer (``nodes`` of the same kind): the answer of ``llmpick probe --json``."""

    name: str | None = None
    os: Os = field(default_factory=Os)
    arch: str | None = None
    cpu: Cpu = field(default_factory=Cpu)
    memory: Memory = field(default_factory=Memory)
    disk_free_gib: float | None = None
    shm_gib: float | None = None
    accelerators: tuple[Accelerator, ...] = ()
    links: tuple[Link, ...] = ()
    software: Software = field(default_factory=Software)
    nodes: int = 1
    network: str | None = None
    heterogeneous: bool | None = None
    problems: tuple[Problem, ...] = ()
