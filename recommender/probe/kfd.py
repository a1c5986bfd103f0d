"""The kernel's list of compute devices, which AMD's driver and those made from it keep in sysfs.

``/sys/class/kfd/kfd/topology/nodes/N`` is one processor, one GPU or one partition of a GPU; any
user may read it and no ROCm need be installed (format: amdkfd/kfd_topology.c of Linux).
"""

from collections.abc import Iterator, Mapping

from recommender.facts.noun import noun
from recommender.probe.files import Files, integer

FOLDER = "sys/class/kfd/kfd/topology/nodes"
# Heaps of a GPU's own memory: the part that the processor sees, and the part that it does not.
_OWN_HEAPS = {1, 2}
_XGMI = 11


@noun
class Node:
    """One GPU node. ``facts`` are the lines of its properties; sizes are bytes, None if untold."""

    number: int
    facts: Mapping[str, int]
    memory: int | None = None
    used: int | None = None

    @property
    def folder(self) -> str:
        """Where the node lies."""
        return f"{FOLDER}/{self.number}"

    @property
    def pci_id(self) -> str | None:
        """``vendor:device`` in hexadecimal; None where the node does not tell the device."""
        device = self.facts.get("device_id")
        return f"{self.facts.get('vendor_id', 0):04x}:{device:04x}" if device else None

    @property
    def units(self) -> int | None:
        """Compute units."""
        lanes = self.facts.get("simd_per_cu")
        return self.facts["simd_count"] // lanes if lanes else None

    @property
    def render_minor(self) -> int | None:
        """Number of the device /dev/dri/renderD*."""
        return self.facts.get("drm_render_minor") or None

    @property
    def unique_id(self) -> int | None:
        """What all partitions of one GPU share; many cards for games have none."""
        return self.facts.get("unique_id") or None

    def address(self, function: int | None = None) -> str | None:
        """Address on the bus as sysfs has it, with the given function or the node's own.

        ``location_id`` is bus, device and function. Partitions count in the function, with newer
        kernels in the four highest bits of 32 instead.
        """
        place = self.facts.get("location_id")
        if place is None:
            return None
        own = place & 7 if function is None else function
        where = f"{place >> 8 & 0xFF:02x}:{place >> 3 & 0x1F:02x}.{own}"
        return f"{self.facts.get('domain', 0):04x}:{where}"


def nodes(files: Files, pci_vendor: str) -> tuple[Node, ...]:
    """GPU nodes of one PCI vendor (four hexadecimal digits), in their order.

    A container's control group makes the nodes of other GPUs unreadable: they are left out.
    """
    numbers = sorted(int(name) for name in files.names(FOLDER) if name.isdecimal())
    found = (_node(files, number) for number in numbers)
    vendor = int(pci_vendor, 16)
    return tuple(node for node in found if node and node.facts.get("vendor_id") == vendor)


def xgmi_peers(files: Files, node: Node) -> Iterator[int]:
    """Numbers of the nodes that this one reaches by XGMI, as AMD calls its links of GPUs."""
    for name in files.names(f"{node.folder}/io_links"):
        link = _numbers(files.text(f"{node.folder}/io_links/{name}/properties"))
        if link.get("type") == _XGMI and "node_to" in link:
            yield link["node_to"]


def _node(files: Files, number: int) -> Node | None:
    facts = _numbers(files.text(f"{FOLDER}/{number}/properties"))
    if facts.get("simd_count", 0) <= 0:
        return None
    banks = list(_own_banks(files, number))
    sizes = [size for size, _ in banks if size]
    used = [taken for _, taken in banks if taken is not None]
    return Node(
        number=number,
        facts=facts,
        memory=sum(sizes) or None,
        used=sum(used) if used and len(used) == len(banks) else None,
    )


def _own_banks(files: Files, number: int) -> Iterator[tuple[int | None, int | None]]:
    """Size and taken bytes of each bank of the GPU's own memory."""
    folder = f"{FOLDER}/{number}/mem_banks"
    for name in files.names(folder):
        bank = _numbers(files.text(f"{folder}/{name}/properties"))
        if bank.get("heap_type") in _OWN_HEAPS:
            used = files.integer(f"{folder}/{name}/used_memory")
            yield bank.get("size_in_bytes"), used if _sound(used) else None


def _numbers(text: str | None) -> dict[str, int]:
    """Lines of a name and a number of at most 64 bits; others are passed over."""
    words = (line.split() for line in (text or "").splitlines())
    pairs = ((pair[0], integer(pair[1])) for pair in words if len(pair) == 2)  # noqa: PLR2004
    return {name: value for name, value in pairs if value is not None and _sound(value)}


def _sound(value: int | None) -> bool:
    return value is not None and 0 <= value < 1 << 64
