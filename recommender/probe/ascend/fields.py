"""Answers of npu-smi in lines of ``key : value``: -l, -t board, memory, usages, common, product.

One NPU begins with ``NPU ID``. Its chips stand in blocks, whose ``Chip ID`` comes first in some
answers and last in others; a board's controller (``Mcu``) has a block too and is no chip.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

from recommender.probe import tables
from recommender.probe.ascend.chips import (
    MOST_CHIPS,
    Chip,
    devices,
    family,
    named,
    pci_family,
    said,
    sizes,
)
from recommender.probe.context import Read
from recommender.probe.files import integer
from recommender.probe.parts import Device

Block: TypeAlias = dict[str, str]

SOURCE = "npu-smi info"
_KEY = re.compile(r"[A-Za-z][\w .()%/-]{1,60}")
_NPU, _CHIP, _NAME, _COUNT = "NPU ID", "Chip ID", "Chip Name", "Chip Count"
_HBM = "HBM Capacity(MB)"
_MEMORY = ("DDR Capacity(MB)", "Memory Capacity(MB)", "Capacity(MB)")
# What makes a text one of these answers, and a block one of a chip.
_SIGNS = (_NPU, _HBM, *_MEMORY[:2])
_OWN = (_CHIP, _HBM, *_MEMORY)
_FLASH = "Flash ID"
_DETAILS = {
    "phy_id": "Chip Phy-ID",
    "firmware": "Firmware Version",
    "sku": "Product Name",
    "product": "Product Type",
    "health": "Health",
}
_VERSIONS = {
    "versions.ascend-driver": "Software Version",
    "versions.ascend-firmware": "Firmware Version",
}


def read(text: str) -> tuple[Device, ...]:
    """The chips that such an answer is about; as many as it counts where it tells none apart."""
    blocks = list(_blocks(text))
    if not any(sign in block for block in blocks for sign in _SIGNS):
        return ()
    chips = (chip for npu in _npus(blocks) for chip in _chips(npu))
    return devices(SOURCE, list(islice(chips, MOST_CHIPS)))


def versions(text: str) -> dict[str, Read]:
    """Versions of driver and firmware that a board's answer tells."""
    known = [block for block in _blocks(text) if _NPU in block]
    return {
        name: (value, SOURCE)
        for name, key in _VERSIONS.items()
        for value in [next(filter(None, (said(block.get(key)) for block in known)), None)]
        if value
    }


def _blocks(text: str) -> Iterator[Block]:
    """Lines up to an empty one, or up to a key that was there already: posts lose empty lines."""
    block: Block = {}
    for line in text.splitlines():
        key, value = _pair(line)
        ends = not line.strip() or key in block or key == _NPU or _is_controller(key, value)
        if ends and block:
            yield block
            block = {}
        if key:
            block[key] = value
    if block:
        yield block


def _pair(line: str) -> tuple[str, str]:
    key, colon, value = (part.strip() for part in line.partition(":"))
    return (key, value) if colon and _KEY.fullmatch(key) else ("", "")


def _npus(blocks: list[Block]) -> Iterator[list[Block]]:
    npu: list[Block] = []
    for block in blocks:
        if _NPU in block and npu:
            yield npu
            npu = []
        npu.append(block)
    if npu:
        yield npu


def _chips(npu: list[Block]) -> Iterator[Chip]:
    head = next((block for block in npu if _NPU in block), {})
    own = [block for block in npu if _is_chip(block)]
    for block in own:
        yield _chip({**head, **block}, integer(block.get(_CHIP)))
    if not own and head:
        count = min(integer(head.get(_COUNT)) or 1, MOST_CHIPS)
        # The address is that of the board's first chip.
        shared = head if count == 1 else {**head, "PCIe Bus Info": ""}
        yield from (_chip(shared, chip_id) for chip_id in range(count))


def _is_chip(block: Block) -> bool:
    controller = _is_controller(_NAME, block.get(_NAME, ""))
    return not controller and _FLASH not in block and any(key in block for key in _OWN)


def _is_controller(key: str, value: str) -> bool:
    return key == _NAME and value.lower() in {"mcu", "3559"}


def _chip(block: Mapping[str, str], chip_id: int | None) -> Chip:
    told = {name: said(block.get(key)) for name, key in _DETAILS.items()}
    memory = next((block[key] for key in (_HBM, *_MEMORY) if key in block), None)
    facts: dict[str, Any] = {
        **named(_name(block)),
        **sizes(integer(memory), None, told["health"]),
        "bus_id": tables.bus_id(block.get("PCIe Bus Info")),
        "pci_id": _pci_id(block),
        "compute_units": integer(block.get("Aicore Count")),
    }
    if facts["pci_id"] and not facts["chip"]:
        facts["chip"] = pci_family(facts["pci_id"])
    details = {**told, "phy_id": integer(told["phy_id"]), "hbm": _HBM in block if memory else None}
    return Chip(npu_id=integer(block.get(_NPU)), chip_id=chip_id, facts=facts, details=details)


def _name(block: Mapping[str, str]) -> str | None:
    name = said(block.get(_NAME))
    return name if name and family(name) else None


def _pci_id(block: Mapping[str, str]) -> str | None:
    vendor, device = integer(block.get("PCI Vendor ID")), integer(block.get("PCI Device ID"))
    return None if vendor is None or device is None else f"{vendor:04x}:{device:04x}"
