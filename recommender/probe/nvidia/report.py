"""What ``nvidia-smi -q`` tells, as text or as XML, in the schemas since v10."""

from collections.abc import Iterator

from recommender.probe.nvidia import trees, versions
from recommender.probe.nvidia.told import Gpu, Instance, Reading, Size
from recommender.probe.nvidia.trees import Node
from recommender.probe.nvidia.words import first_fault, is_refused, number, state, value, whole
from recommender.probe.tables import bus_id

_XML, _TEXT = "nvidia-smi -q -x", "nvidia-smi -q"
_GUEST = "vgpu"


def of_xml(text: str) -> Reading:
    """``nvidia-smi -q -x``. Old schemas lack the versions, the bus ids or the modes."""
    return _reading(trees.of_xml(text), _XML, text)


def of_text(text: str) -> Reading:
    """``nvidia-smi -q``; a selection of it (``-d MEMORY``) tells a part."""
    return _reading(trees.of_text(text), _TEXT, text)


def _reading(nodes: Iterator[Node], source: str, text: str) -> Reading:
    gpus = (_gpu(node, number_, source) for number_, node in enumerate(nodes))
    return Reading(gpus=tuple(gpus), software=versions.read(text))


def _gpu(node: Node, number_: int, source: str) -> Gpu:
    memory = node.node("fb_memory_usage")
    return Gpu(
        source=source,
        number=number_,
        name=value(node.get("product_name")),
        bus_id=bus_id(node.value) or bus_id(node.get("pci", "*bus_id")),
        uuid=value(node.get("*uuid")),
        size=_size(memory),
        mig=state(node.get("mig_mode", "current*")),
        instances=_instances(node, source) if memory else None,
        ecc=state(node.get("ecc_mode", "current*")),
        uncorrected=_uncorrected(node),
        virtual=(node.get("*virtualization_mode", "virtualization_mode") or "").lower() == _GUEST
        or None,
        fabric=value(node.get("fabric", "state")),
        fault=first_fault(
            node.get("gpu_recovery_action"),
            node.get("product_name"),
            node.get("fb_memory_usage", "total"),
        ),
    )


def _size(memory: Node | None) -> Size:
    if memory is None:
        return Size()
    total = memory.get("total")
    return Size(
        total=number(total) or None,
        used=number(memory.get("used")),
        reserved=number(memory.get("reserved")),
        refused=is_refused(total),
    )


def _instances(node: Node, source: str) -> tuple[Instance, ...]:
    folders = (node, *node.every("mig_devices"))
    every = (one for folder in folders for one in folder.every("mig_device"))
    return tuple(_instance(one, place, source) for place, one in enumerate(every))


def _instance(node: Node, place: int, source: str) -> Instance:
    index = whole(node.get("index"))
    return Instance(
        source=source,
        number=place if index is None else index,
        gi=whole(node.get("gpu_instance_id")),
        ci=whole(node.get("compute_instance_id")),
        size=_size(node.node("*fb_memory_usage")),
        uuid=value(node.get("*uuid")),
    )


def _uncorrected(node: Node) -> int | None:
    """Errors since the driver was loaded; drivers before 418 count them as double-bit errors."""
    volatile = node.node("ecc_errors", "volatile")
    if volatile is None:
        return None
    counts = [whole(one.value) for one in volatile.below if "uncorrectable" in one.name]
    counts.append(whole(volatile.get("double_bit", "total")))
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
