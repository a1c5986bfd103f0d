"""GPUs put together from the kernel's two lists: KFD, which computes, and DRM, which draws."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.facts.noun import noun
from recommender.probe import drm, kfd
from recommender.probe.context import Context
from recommender.probe.drm import Card
from recommender.probe.files import clean
from recommender.probe.kfd import Node
from recommender.probe.normal import BYTES_PER_GIB, gib
from recommender.probe.parts import Part
from recommender.probe.rocm import gfx

OVERRIDE = "HSA_OVERRIDE_GFX_VERSION"
# Compute partitions by their number on one GPU (source: AMD's documentation of partitions).
_MODES = {2: "DPX", 3: "TPX", 4: "QPX"}
_WHOLE = "SPX"
_SMALL, _LARGE = 4 * BYTES_PER_GIB, 8 * BYTES_PER_GIB
# Kernels before this do not tell the maker of a card's memory.
_TELLS_MAKER = (5, 4)


@noun
class Gpu:
    """One GPU or one partition: its node, its card, or both.

    ``board`` numbers the physical GPUs, ``parts`` is how many partitions are seen of this one.
    """

    board: int
    bus_id: str | None = None
    node: Node | None = None
    card: Card | None = None
    parts: int = 1

    @property
    def pci_id(self) -> str | None:
        """``vendor:device`` in hexadecimal."""
        if self.node and self.node.pci_id:
            return self.node.pci_id
        card = self.card
        return f"{card.vendor}:{card.device}" if card and card.vendor and card.device else None

    @property
    def target(self) -> str | None:
        """The instruction set that the chip really has."""
        return gfx.of_version(self.node.facts.get("gfx_target_version")) if self.node else None


def read(context: Context, pci_vendor: str) -> tuple[Gpu, ...]:
    """GPUs of one PCI vendor: those of KFD in its order, then cards that only DRM has."""
    known = [device.bus_id for device in context.bound(pci_vendor)]
    nodes = kfd.nodes(context.files, pci_vendor)
    cards = drm.cards(context.files, pci_vendor, known)
    boards = [_board(node) for node in nodes]
    order = list(dict.fromkeys(boards))
    found = []
    for node, board in zip(nodes, boards, strict=True):
        siblings = [other for other, place in zip(nodes, boards, strict=True) if place == board]
        place = _address(node, siblings, {card.bus_id for card in cards})
        number = order.index(board)
        card = next((card for card in cards if _is(card, node, place)), None)
        found.append(Gpu(board=number, bus_id=place, node=node, card=card, parts=len(siblings)))
    taken = {gpu.card.folder for gpu in found if gpu.card}
    rest = (card for card in cards if card.folder not in taken)
    alone = (
        Gpu(board=number, bus_id=card.bus_id, card=card)
        for number, card in enumerate(rest, start=len(order))
    )
    return (*found, *alone)


def parts(gpu: Gpu, word: str, context: Context) -> Iterator[Part]:
    """What the kernel tells of a GPU, the surest first.

    An integrated GPU has a part of the main memory set aside (``memory_gib``) and may map more of
    it (``gtt_gib``). What ROCm gives to a program there is KFD's figure, which newer kernels raise
    to the mappable memory if that is the larger one: this is ``usable_gib``, unknown without KFD.
    Vulkan takes of both.
    """
    integrated = _integrated(gpu, context)
    yield from _overridden(gpu, context.env)
    if gpu.node:
        yield _compute_part(gpu, gpu.node, word)
    if gpu.card:
        yield _graphics_part(gpu, gpu.card, word)
    facts: dict[str, Any] = {"integrated": integrated, "unified": integrated, "driver_bound": True}
    source = gpu.node.folder if gpu.node else gpu.card.folder if gpu.card else ""
    yield Part(source=f"/{source}", facts={**facts, **_usable(gpu, integrated=bool(integrated))})


def override_of(gpu: Gpu, env: Mapping[str, str]) -> tuple[str, str] | None:
    """The variable that overrides the instruction set, and what it makes of it."""
    number = gpu.node.number if gpu.node else None
    for name in (f"{OVERRIDE}_{number}", OVERRIDE) if gpu.node else ():
        target = gfx.of_override(env.get(name))
        if target:
            return name, target
    return None


def _board(node: Node) -> object:
    """What is the same for all partitions of one GPU."""
    return node.unique_id or (node.address(), node.number)


def _address(node: Node, siblings: Sequence[Node], known: set[str | None]) -> str | None:
    """Address of the GPU that a node is a partition of."""
    candidates = [node.address(), node.address(function=0)]
    sure = next((place for place in candidates if place in known), None)
    if sure or len(siblings) == 1:
        return sure or candidates[0]
    return min(filter(None, (other.address() for other in siblings)), default=None)


def _is(card: Card, node: Node, place: str | None) -> bool:
    if card.bus_id is not None:
        return card.bus_id == place
    return card.render_minor is not None and card.render_minor == node.render_minor


def _overridden(gpu: Gpu, env: Mapping[str, str]) -> Iterator[Part]:
    override = override_of(gpu, env)
    if override:
        yield Part(source=override[0], facts={"gfx": override[1]})


def _compute_part(gpu: Gpu, node: Node, word: str) -> Part:
    details = {"node": node.number, "render_minor": node.render_minor}
    facts = {
        "vendor": word,
        "gfx": gpu.target,
        "compute_units": node.units,
        "pci_id": node.pci_id,
        "bus_id": gpu.bus_id,
        "card": gpu.board,
        "partition": _partition(gpu, node),
        "details": details,
    }
    return Part(source=f"/{node.folder}/properties", facts={**facts, **_banks(gpu, node)})


def _banks(gpu: Gpu, node: Node) -> dict[str, float | None]:
    """Memory as KFD has it, where DRM has none or that of the whole GPU."""
    if gpu.card and gpu.card.vram and gpu.parts == 1:
        return {}
    return {
        "memory_gib": gib(node.memory, BYTES_PER_GIB),
        "used_gib": gib(node.used, BYTES_PER_GIB),
    }


def _graphics_part(gpu: Gpu, card: Card, word: str) -> Part:
    facts: dict[str, Any] = {
        "vendor": word,
        "pci_id": gpu.pci_id,
        "bus_id": gpu.bus_id,
        "card": gpu.board,
        "gtt_gib": gib(card.gtt, BYTES_PER_GIB),
        "details": {"render_minor": card.render_minor},
    }
    if gpu.parts == 1:
        visible = {"vis_vram_gib": gib(card.visible_vram, BYTES_PER_GIB)}
        facts |= {
            "memory_gib": gib(card.vram or None, BYTES_PER_GIB),
            "used_gib": gib(card.used, BYTES_PER_GIB) if card.vram else None,
            "details": {"render_minor": card.render_minor, **visible},
        }
    return Part(source=f"/{card.folder}", facts=facts)


def _partition(gpu: Gpu, node: Node) -> str | None:
    """The mode of a GPU that is partitioned: as the driver says it, else by the number of parts."""
    told = clean(gpu.card.compute_partition or "") if gpu.card else ""
    if told:
        return None if told == _WHOLE else told
    if gpu.parts == 1:
        return None
    # One compute die for each partition is what the mode CPX is.
    return "CPX" if node.facts.get("num_xcc") == 1 else _MODES.get(gpu.parts, "XCP")


def _usable(gpu: Gpu, *, integrated: bool) -> dict[str, float | None]:
    card = gpu.card.vram if gpu.card and gpu.parts == 1 else None
    node = gpu.node.memory if gpu.node else None
    size = node if integrated else card or node
    return {"usable_gib": gib(size or None, BYTES_PER_GIB)}


def _integrated(gpu: Gpu, context: Context) -> bool | None:
    """Whether the GPU is part of a processor.

    Sure by its instruction set. Older kernels do not tell that: there it is one node with the
    processor's cores, or by DRM a card without the files that only boards have.
    """
    known = gfx.in_processor(gpu.target, gpu.pci_id)
    if known is not None:
        return known
    if gpu.node and gpu.node.facts.get("cpu_cores_count"):
        return True
    card = gpu.card
    if card is None or card.vram is None or card.gtt is None:
        return None
    if card.boarded:
        return False
    carved = card.vram <= _SMALL and card.gtt >= max(_LARGE, 4 * card.vram)
    new = gpu.node is None and _tells_maker(context.os.kernel)
    return True if carved or new else None


def _tells_maker(kernel: str | None) -> bool:
    numbers = (kernel or "").split(".")[:2]
    if not all(number.isdecimal() for number in numbers):
        return True
    return tuple(map(int, numbers)) >= _TELLS_MAKER
