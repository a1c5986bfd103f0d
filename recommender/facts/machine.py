"""One computer as llmpick knows it: what a probe saw, or what somebody described."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

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

    ``vm`` is the hypervisor below this system (``kvm``, ``vmware``, ...; ``"vm"`` where it does not
    say which), ``"none"`` on bare metal. ``l4t`` is the Jetson Linux release.
    """

    family: str | None = None
    distro: str | None = None
    version: str | None = None
    kernel: str | None = None
    libc: str | None = None
    libc_version: str | None = None
    wsl: bool | None = None
    container: str | None = None
    vm: str | None = None
    l4t: str | None = None


@noun
class CoreKind:
    """Cores of one kind in a processor that mixes them (big.LITTLE, Intel hybrid).

    ``capacity`` is the kernel's figure for their speed, 1024 for the fastest; ``part`` is the
    implementer's and the part's number as ``0x41/0xd4e``.
    """

    name: str | None = None
    count: int = 0
    part: str | None = None
    capacity: int | None = None


@noun
class Cpu:
    """The processors that this process may use; ``x86_level`` is 1 to 4 (x86-64 psABI levels).

    ``performance_cores`` and ``efficiency_cores`` are None where all cores are alike;
    ``core_kinds`` are the fastest first. ``quota_cores`` is what a control group grants.
    """

    vendor: str | None = None
    model: str | None = None
    sockets: int | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    performance_cores: int | None = None
    efficiency_cores: int | None = None
    core_kinds: tuple[CoreKind, ...] = ()
    numa_nodes: int | None = None
    numa_node_ids: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    x86_level: int | None = None
    quota_cores: float | None = None


@noun
class Memory:
    """Main memory in GiB; ``limit_gib`` is the tightest control-group limit, if there is one.

    ``group_used_gib`` is what the group of that limit uses now; where nothing limits, this
    process's own group.
    """

    total_gib: float | None = None
    available_gib: float | None = None
    limit_gib: float | None = None
    group_used_gib: float | None = None


@noun
class Accelerator:
    """One device. ``memory_gib`` is what the driver reports, ``usable_gib`` what a server may take.

    ``used_gib`` is taken already, by whomever. ``gtt_gib`` is main memory that an AMD GPU may map
    beside its own. ``compute_units`` counts CUs, EUs, GPU cores or NeuronCores. ``card`` is the
    place of the board: partitions and the chips of one board share it.

    ``driver_bound`` is False when the device sits on the bus without its vendor's driver;
    ``driver`` is the kernel driver that holds it (``nouveau``, ``vfio-pci``, ...). ``visible`` is
    False where a variable such as CUDA_VISIBLE_DEVICES hides the device from programs started
    here. ``details`` has what only this vendor's devices have, in the vendor's words (``npu_id``).
    """

    vendor: str | None = None
    name: str | None = None
    index: int | None = None
    memory_gib: float | None = None
    usable_gib: float | None = None
    used_gib: float | None = None
    gtt_gib: float | None = None
    compute_units: int | None = None
    compute_capability: str | None = None
    gfx: str | None = None
    chip: str | None = None
    unified: bool | None = None
    integrated: bool | None = None
    partition: str | None = None
    card: int | None = None
    visible: bool | None = None
    driver_bound: bool | None = None
    driver: str | None = None
    pci_id: str | None = None
    bus_id: str | None = None
    numa_node: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unusable(self) -> bool:
        """Whether nothing can compute on it: no driver, hidden, or no memory to be had."""
        return False in (self.driver_bound, self.visible) or self.usable_gib == 0


@noun
class Link:
    """How the accelerators with these indexes reach each other: nvlink, xgmi, pcie, ..."""

    kind: str
    devices: tuple[int, ...] = ()


@noun
class Software:
    """Versions of what is installed. A key named in ``absent`` was looked for and is not there.

    ``versions`` has those of kernel drivers and tools by the vendor's name (``amdgpu``,
    ``ascend-driver``, ``npu-smi``, ``hl-smi``). ``installed`` are serving frameworks.
    """

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
    versions: Mapping[str, str] = field(default_factory=dict)
    installed: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


@noun
class Machine:
    """One computer (``nodes`` of the same kind): the answer of ``llmpick probe --json``.

    ``evidence`` says where each fact was read, by its path (``accelerators.0.memory_gib``); it is
    empty unless asked for.
    """

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
    evidence: Mapping[str, str] = field(default_factory=dict)
