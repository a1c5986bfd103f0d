"""What every reader of the probe is given, and what it gives back."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from threading import Event
from typing import TypeAlias

from recommender.facts.machine import Accelerator, Link, Memory, Os, Problem
from recommender.facts.noun import noun
from recommender.probe.files import Files
from recommender.probe.parts import Device

# A version and where it was read.
Read: TypeAlias = tuple[str, str]


@noun
class PciDevice:
    """One accelerator on the PCI bus.

    ``pci_id`` is ``vendor:device`` in hexadecimal, the device empty where only names are told;
    ``pci_class`` its class likewise. ``driver_bound`` is None where nothing tells of drivers.
    ``lost`` devices are listed but answer nothing any more. ``source`` is what told of the device,
    where that is not the bus in /sys.
    """

    vendor: str
    pci_id: str
    bus_id: str
    name: str | None = None
    pci_class: str | None = None
    driver: str | None = None
    driver_bound: bool | None = False
    integrated: bool | None = None
    numa_node: int | None = None
    virtual_function: bool | None = None
    lost: bool = False
    source: str | None = None


@noun
class Context:
    """The computer that is read.

    ``live`` is False for a recorded or mounted root: then nothing of this host (libraries, tools,
    its scheduler) may be mixed in. ``node`` says that a container only looks: what it was not given
    is no less the node's. ``family`` is linux, macos or windows. ``os``, ``memory`` and ``pci`` are
    known to the readers of vendors; ``stop`` tells them to give up.
    """

    files: Files = field(default_factory=Files)
    env: Mapping[str, str] = field(default_factory=dict)
    live: bool = True
    node: bool = False
    family: str = "linux"
    os: Os = field(default_factory=Os)
    memory: Memory = field(default_factory=Memory)
    pci: tuple[PciDevice, ...] = ()
    stop: Event = field(default_factory=Event)

    @property
    def contained(self) -> bool:
        """Whether a container is around: then the bus may show devices that others were given."""
        return self.os.container not in {None, "none"}

    @property
    def confined(self) -> bool:
        """Whether a container is around whose own devices are asked about, not its node's."""
        return self.contained and not self.node

    def bound(self, *pci_vendors: str) -> tuple[PciDevice, ...]:
        """Devices on the bus of these PCI vendors (four hexadecimal digits) with their driver."""
        return tuple(d for d in self.pci if d.driver_bound and d.pci_id.startswith(pci_vendors))


@noun
class Findings:
    """What one reader found. Links name devices by their place in ``devices``.

    ``software`` holds fields of :class:`recommender.facts.machine.Software`, those of its
    ``versions`` as ``versions.NAME``. ``not_ours`` are bus ids of devices that the bus shows
    although they are not to be counted: given to others, or told under another name.
    """

    devices: tuple[Device, ...] = ()
    links: tuple[Link, ...] = ()
    software: Mapping[str, Read] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    not_ours: tuple[str, ...] = ()

    def left(
        self, own: Iterable[PciDevice], *, lent: bool
    ) -> tuple[tuple[PciDevice, ...], tuple[PciDevice, ...]]:
        """Of a vendor's devices on the bus those not told of: the lost ones, and those of others.

        None is left where a device has no address: then it may be any of them.

        Args:
            own: the vendor's devices that its driver holds.
            lent: whether the bus shows devices that were given to others, as in a container. The
                virtual functions of a card are for guests in any case.

        """
        told = {accelerator.bus_id for accelerator in self.accelerators}
        rest = [] if None in told else [seen for seen in own if seen.bus_id not in told]
        others = tuple(seen for seen in rest if lent or seen.virtual_function)
        return tuple(seen for seen in rest if seen not in others), others

    @property
    def accelerators(self) -> tuple[Accelerator, ...]:
        """The devices without the sources of their facts."""
        return tuple(device.accelerator for device in self.devices)
