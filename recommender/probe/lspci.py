"""What ``lspci`` prints with numbers (``-nn``, ``-nnk``, ``-nnv``, ``-nnmm``, ``-nnvmm``, ``-n``).

The fallback where /sys does not show the bus. Without numbers, the names of makers and classes
tell as much as they can. What holds the devices is known only where drivers are printed.
"""

import re
from collections.abc import Iterator

from recommender.probe import pci, pci_names, tables
from recommender.probe.context import Context, PciDevice
from recommender.probe.files import clean, integer, which

# Lines of the records that ``-vmm`` and ``-v`` or ``-k`` print, by our words.
_DETAILS = {
    "Class": "class",
    "Vendor": "vendor",
    "Device": "device",
    "Rev": "revision",
    "Driver": "driver",
    "Kernel driver in use": "driver",
    "Kernel modules": "modules",
    "NUMANode": "node",
    "NUMA node": "node",
}
# Names of classes and of makers, as the pci.ids database has and had them.
_CLASSES = {
    "VGA compatible controller": "0300",
    "XGA compatible controller": "0301",
    "3D controller": "0302",
    "Display controller": "0380",
    "Processing accelerators": "1200",
    "Co-processor": "0b40",
    "System peripheral": "0880",
}
_MAKERS = (
    ("nvidia corporation", "10de"),
    ("advanced micro devices, inc. [amd/ati]", "1002"),
    ("advanced micro devices [amd] nee ati", "1002"),
    ("advanced micro devices, inc. [amd]", "1022"),
    ("ati technologies inc", "1002"),
    ("intel corporation", "8086"),
    ("habana labs ltd.", "1da3"),
    ("huawei technologies co., ltd.", "19e5"),
    ("cambricon technologies corporation limited", "cabc"),
    ("moore threads technology co.,ltd", "1ed5"),
    ("chengdu haiguang ic design co., ltd.", "1d94"),
    ("metax integrated circuits (shanghai) co., ltd.", "9999"),
    ("shanghai iluvatar corex semiconductor co., ltd.", "1e3e"),
    ("alibaba (china) co., ltd.", "1ded"),
    ("qualcomm technologies, inc", "17cb"),
    ("amazon.com, inc.", "1d0f"),
    ("tenstorrent inc", "1e52"),
    ("baidu technology", "1d22"),
    ("shanghai enflame technology co. ltd", "1e36"),
    ("rebellions inc.", "1eff"),
    ("furiosaai, inc.", "1ed2"),
)
_ADDRESS = re.compile(
    r"(?<![\w:.])(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7](?=\s)", re.IGNORECASE
)
_SLOT = re.compile(r"\s*Slot:\s*(\S+)\s*")
_QUOTED = re.compile(r'"([^"]*)"')
_NUMBERS = re.compile(r"([0-9a-f]{4}): ([0-9a-f]{4}):([0-9a-f]{4})\b")
_CLASS = re.compile(r"([^:\[\]]+?)(?: \[([0-9a-f]{4})\])?: (.+)")
_REVISION = re.compile(r"\(rev ([0-9a-f]{2})\)|-r([0-9a-f]{2})\b")
_REMARKS = re.compile(r"\s*\((?:rev|prog-if) .*")
_IDS = re.compile(r"\s*\[([0-9a-f]{4}):([0-9a-f]{4})\].*")
# Of a maker that the system's list of names does not have.
_UNNAMED = re.compile(r"(?:Unknown d|D)evice ([0-9a-f]{4}):([0-9a-f]{4})\b")
_ID = re.compile(r"\s*\[([0-9a-f]{4})\]$|^(?:(?:Unknown d|D)evice )?([0-9a-f]{4})$")
_VIRTUAL = re.compile(r"\bVF\b|Virtual Function")
_GONE = "ff"


def understood(text: str) -> pci.Bus:
    """The accelerators among the devices; an unknown text tells of none."""
    rows = list(_rows(text))
    drivers = any("driver" in row or "modules" in row for row in rows)
    found = {(row["slot"], row.get("device")): _device(row, drivers=drivers) for row in rows}
    return pci.sorted_out(found.values())


def read(context: Context) -> pci.Bus:
    """What the program shows here; nothing where there is none."""
    program = which("lspci", context.env.get("PATH", ""))
    if program is None or not context.live:
        return pci.Bus()
    from recommender.probe import tools

    (text,) = tools.ask(context, program, ("-Dnnk",))
    return understood(text or "")


def _rows(text: str) -> Iterator[dict[str, str]]:
    """The facts of each device, whichever form they are printed in."""
    row: dict[str, str] = {}
    for line in text.splitlines():
        begun = _begun(line)
        if begun is None:
            name, _, value = line.partition(":")
            if row and name.strip() in _DETAILS:
                row.setdefault(_DETAILS[name.strip()], value.strip())
            continue
        if row:
            yield row
        row = begun
    if row:
        yield row


def _begun(line: str) -> dict[str, str] | None:
    """What the first line of a device says; None for other lines."""
    slot = _SLOT.fullmatch(line)
    if slot:
        return {"slot": slot[1]}
    address = _ADDRESS.search(line)
    facts = _facts(line[address.end() :].strip()) if address else None
    return {"slot": address[0], **facts} if address and facts else None


def _facts(text: str) -> dict[str, str] | None:
    revision = _REVISION.search(text)
    gone = {"revision": revision[1] or revision[2]} if revision else {}
    quoted = _QUOTED.findall(text)
    if text.startswith('"') and len(quoted) > 2:  # noqa: PLR2004  # class, maker, device
        return {"class": quoted[0], "vendor": quoted[1], "device": quoted[2], **gone}
    numbers = _NUMBERS.match(text)
    if numbers:
        return {"class": numbers[1], "vendor": numbers[2], "device": numbers[3], **gone}
    match = _CLASS.match(text)
    return {"class": match[2] or match[1], **_named(match[3]), **gone} if match else None


def _named(text: str) -> dict[str, str]:
    """Maker and device of ``NVIDIA Corporation GA100 [A100 PCIe 40GB] [10de:20f1] (rev a1)``."""
    ids = _IDS.search(text) or _UNNAMED.match(text)
    text = _REMARKS.sub("", text[: ids.start()] if ids else text).strip()
    maker, number = _maker(text)
    name = text[len(maker) :].strip()
    if ids:
        return {"vendor": ids[1], "device": f"{name} [{ids[2]}]"}
    return {"vendor": number, "device": name}


def _maker(text: str) -> tuple[str, str]:
    lower = text.lower()
    return next((maker for maker in _MAKERS if lower.startswith(maker[0])), ("", ""))


def _device(row: dict[str, str], *, drivers: bool) -> PciDevice | None:
    name, device = _split(row.get("device", ""))
    maker, vendor = _split(row.get("vendor", ""))
    class_name, number = _split(row.get("class", ""))
    vendor = vendor or _maker(maker)[1]
    pci_class = number or _CLASSES.get(class_name, "")
    word = pci.whose(vendor, device, pci_class)
    bus_id = tables.bus_id(row["slot"])
    if word is None or bus_id is None:
        return None
    driver = clean(row.get("driver", "")) or None
    node = integer(row.get("node"))
    return PciDevice(
        vendor=word,
        pci_id=f"{vendor}:{device}",
        bus_id=bus_id,
        name=pci_names.shown(vendor, name),
        pci_class=pci_class,
        driver=driver,
        driver_bound=pci.bound(vendor, driver) if drivers else None,
        integrated=pci.integrated(vendor, bus_id),
        numa_node=node if node is not None and node >= 0 else None,
        virtual_function=bool(_VIRTUAL.search(name)) or None,
        lost=row.get("revision") == _GONE,
        source="lspci",
    )


def _split(text: str) -> tuple[str, str]:
    """A name and the number in brackets, or after ``Device``, at its end; either may be empty."""
    match = _ID.search(text)
    return (text[: match.start()], match[1] or match[2]) if match else (text, "")
