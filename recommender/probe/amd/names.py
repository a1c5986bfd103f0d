"""What an AMD GPU is called: by the board itself, else by the list that libdrm brings along."""

import re
from collections.abc import Iterator

from recommender.probe.files import Files, clean, integer
from recommender.probe.parts import Part
from recommender.probe.rocm.devices import Gpu

# Where distributions and AMD's own packages put the list.
_LISTS = ("usr/share/libdrm/amdgpu.ids", "opt/amdgpu/share/libdrm/amdgpu.ids")
# "744C, C8, AMD Radeon RX 7900 XTX": device, revision, name (format: data/amdgpu.ids of libdrm).
_ROW = re.compile(r"^([0-9A-Fa-f]{1,4}),\s*([0-9A-Fa-f]{1,2}),\s*(\S.*)$", re.MULTILINE)


def of(files: Files, gpu: Gpu) -> Iterator[Part]:
    """The parts that name a GPU; none where only its number is known."""
    product = clean(gpu.card.product or "") if gpu.card else ""
    if gpu.card and product and product.upper() != "N/A" and integer(product) is None:
        yield Part(source=f"/{gpu.card.folder}/product_name", facts={"name": product})
    revision = gpu.card.revision if gpu.card else None
    if gpu.pci_id and revision is not None:
        wanted = (int(gpu.pci_id[5:], 16), revision)
        yield from _listed(files, wanted)


def _listed(files: Files, wanted: tuple[int, int]) -> Iterator[Part]:
    for place in _LISTS:
        for row in _ROW.finditer(files.text(place) or ""):
            if (int(row[1], 16), int(row[2], 16)) == wanted:
                yield Part(source=f"/{place}", facts={"name": clean(row[3])})
                return
