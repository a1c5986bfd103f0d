"""What AMD's graphics driver, and those made from it, tell of a card in sysfs.

Any user may read it. The files ``mem_info_*`` are theirs alone (format: amdgpu_vram_mgr.c and
amdgpu_gtt_mgr.c of Linux).
"""

import re
from collections.abc import Iterator, Sequence

from recommender.facts.noun import noun
from recommender.probe.files import Files, integer
from recommender.probe.tables import bus_id

_CLASS = "sys/class/drm"
_BUS = "sys/bus/pci/devices"
# Whose driver it is where a device has those files but does not say its vendor.
_OWNER = "1002"
_CARD = re.compile(r"card\d+")
_RENDER = re.compile(r"renderD(\d+)")


# The groups that distributions give the nodes of GPUs to.
JOIN_GROUPS = "sudo usermod -aG render,video $USER"


@noun
class Card:
    """One card. Sizes are bytes, ids four hexadecimal digits; what is not told is None.

    ``gtt`` is main memory that the card may map. ``boarded`` is whether files are there that the
    driver makes only for a board of its own, not for graphics inside of a processor.
    """

    folder: str
    bus_id: str | None = None
    vendor: str | None = None
    device: str | None = None
    revision: int | None = None
    render_minor: int | None = None
    vram: int | None = None
    used: int | None = None
    visible_vram: int | None = None
    gtt: int | None = None
    boarded: bool = False
    product: str | None = None
    compute_partition: str | None = None


def cards(files: Files, vendor: str, known: Sequence[str]) -> tuple[Card, ...]:
    """Cards of one PCI vendor: those known on the bus, then others that only DRM shows.

    Args:
        files: where sysfs is.
        vendor: four hexadecimal digits.
        known: bus ids that are this vendor's and have its driver.

    """
    found = [_card(files, f"{_BUS}/{place}", place, None) for place in known]
    told = set(known)
    for card in _shown(files):
        if card.vendor == vendor and card.vram is not None and card.bus_id not in told:
            told.add(card.bus_id or card.folder)
            found.append(card)
    return tuple(found)


def _shown(files: Files) -> Iterator[Card]:
    """All that the class of DRM shows; a card and its render node are two names of one device."""
    names = files.names(_CLASS)
    plain = [name for name in names if _CARD.fullmatch(name)]
    rendering = [name for name in names if _RENDER.fullmatch(name)]
    for name in (*plain, *rendering):
        folder = f"{_CLASS}/{name}/device"
        place = bus_id(files.link(folder)) or bus_id(files.text(f"{folder}/uevent", 4096))
        # Without an address a render node cannot be told from its card.
        if place or name in plain or not plain:
            yield _card(files, folder, place, _minor(name))


def _card(files: Files, folder: str, place: str | None, minor: int | None) -> Card:
    def size(name: str) -> int | None:
        value = files.integer(f"{folder}/mem_info_{name}")
        return value if value is not None and 0 <= value < 1 << 64 else None

    vram = size("vram_total")
    inside = (_minor(name) for name in files.names(f"{folder}/drm"))
    board_files = ("mem_info_vram_vendor", "board_info")
    return Card(
        folder=folder,
        bus_id=place,
        vendor=_hex(files, f"{folder}/vendor") or (None if vram is None else _OWNER),
        device=_hex(files, f"{folder}/device"),
        revision=integer(files.line(f"{folder}/revision")),
        render_minor=next((number for number in inside if number is not None), minor),
        vram=vram,
        used=size("vram_used"),
        visible_vram=size("vis_vram_total") or None,
        gtt=size("gtt_total") or None,
        boarded=any(files.exists(f"{folder}/{name}") for name in board_files),
        product=files.line(f"{folder}/product_name"),
        compute_partition=files.line(f"{folder}/current_compute_partition"),
    )


def _minor(name: str) -> int | None:
    match = _RENDER.fullmatch(name)
    return int(match[1]) if match else None


def _hex(files: Files, name: str) -> str | None:
    value = integer(files.line(name))
    return None if value is None else f"{value:04x}"
