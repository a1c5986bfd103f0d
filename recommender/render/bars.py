"""The memory of devices as bars of letters, which read without colour and in any encoding."""

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from recommender.facts import DeviceMemory
from recommender.words import Words

# Letter and style of each part of a device's memory, in the order of the bar.
PARTS = {
    "weights": ("W", "cyan"),
    "kv_cache": ("K", "green"),
    "activations": ("A", "yellow"),
    "overhead": ("O", "magenta"),
    "free": (".", "dim"),
}
# Shorter bars no longer show how the parts stand to one another.
_SHORTEST = 20


def counted(devices: Sequence[DeviceMemory]) -> dict[DeviceMemory, int]:
    """How many devices are filled alike, in the order of the devices."""
    return dict(Counter(devices))


def parts(memory: DeviceMemory) -> dict[str, float]:
    """GiB of each part; they sum to the whole of the device, what is not used being free.

    Where more is used than the device has, as with weights that lie in main memory, nothing is.
    """
    used = {name: getattr(memory, f"{name}_gib") for name in PARTS if name != "free"}
    rest = memory.free_gib if memory.total_gib is None else memory.total_gib - sum(used.values())
    return {**used, "free": max(rest, 0.0)}


def bar(memory: DeviceMemory, width: int, longest: float | None = None) -> Text:
    """One device as letters, a part in use never less than one of them.

    Args:
        memory: the device.
        width: columns of the longest bar.
        longest: GiB that the longest bar stands for; None: this device is the longest.
    """
    sizes = parts(memory)
    whole = sum(sizes.values())
    columns = max(round(width * whole / longest), 1) if longest else width
    cells = _cells(sizes, min(max(columns, 1), width))
    pieces = ((PARTS[name][0] * count, PARTS[name][1]) for name, count in cells.items())
    return Text.assemble(*(piece for piece in pieces if piece[0]))


def _cells(sizes: dict[str, float], columns: int) -> dict[str, int]:
    """Columns of each part: largest remainders, and one at least for what is not nothing."""
    whole = sum(sizes.values())
    if whole <= 0:
        return {"free": columns}
    exact = {name: size / whole * columns for name, size in sizes.items()}
    cells = {name: max(int(share), int(share > 0)) for name, share in exact.items()}
    while sum(cells.values()) != columns:
        step = 1 if sum(cells.values()) < columns else -1
        able = [name for name in cells if step > 0 or cells[name] > 1] or list(cells)
        chosen = max(able, key=lambda name: step * (exact[name] - cells[name]))
        cells[chosen] += step
    return cells


def legend(words: Words) -> Text:
    """What the letters stand for."""
    shown = [
        Text.assemble((letter, style), f" {words.key(f'memory.{name}')}")
        for name, (letter, style) in PARTS.items()
    ]
    return Text("  ").join(shown)


def figures(memory: DeviceMemory, words: Words) -> str:
    """The parts in GiB by their letters, their sum, and between which bounds the used ones lie."""
    sizes = parts(memory)
    shown = " + ".join(f"{PARTS[name][0]} {_part(name, size)}" for name, size in sizes.items())
    text = f"{shown} = {_gib(sum(sizes.values()))} GiB"
    if memory.interval is None:
        return text
    low, high = map(_gib, memory.interval)
    interval = words.key("memory.interval", low=low, high=high)
    return words.key("value.semicolon").join((text, interval))


def _part(name: str, size: float) -> str:
    """Activations are never nothing: without a figure nobody knows them."""
    return "?" if name == "activations" and not size else _gib(size)


def used_and_free(memory: DeviceMemory, words: Words) -> str:
    """For example: ``71.4 used, 6.2 free of 77.6 GiB``."""
    sizes = parts(memory)
    whole = sum(sizes.values())
    free = sizes["free"]
    return words.key("memory.used", used=_gib(whole - free), free=_gib(free), total=_gib(whole))


def _gib(size: float) -> str:
    return f"{size:.1f}"


def title(memory: DeviceMemory, count: int, device: str | None, words: Words) -> str:
    """``8 x H100 80GB``: what the bar stands for."""
    name = memory.device or device or words.key("device.cpu")
    return f"{count} x {name}" if count > 1 else name


def width_of(room: int) -> int:
    """Columns of the longest bar in so many columns."""
    return max(min(room, 60), _SHORTEST)
