"""Ways to compare one key of a truth with what was read; an outcome of None is unchecked."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from recommender.facts import Accelerator, Machine
from tests.acceptance.recordings import Recording

# Key, whether it is right, what was wanted, what was found.
Outcome: TypeAlias = tuple[str, bool | None, Any, str]
Check: TypeAlias = Callable[[Recording, str, Any], Iterator[Outcome]]
Same: TypeAlias = Callable[[Any, Any], bool | None]

_NEAR_MIB = 1.0
_WORD = re.compile(r"[A-Za-z0-9_]{4,}")


def plain(value: Any) -> Any:
    """Text without differences of case and spaces."""
    return " ".join(value.split()).casefold() if isinstance(value, str) else value


def same(expected: Any, found: Any) -> bool:
    """Equal values; a number may be written as text, and a list be a tuple."""
    if isinstance(expected, list) and isinstance(found, (list, tuple)):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, bool) or isinstance(found, bool) or expected is None:
        return bool(expected is found)
    if isinstance(expected, str) and isinstance(found, (int, float)):
        return same(expected, str(found))
    return bool(plain(expected) == plain(found))


def mib(expected: float | None, found_gib: float | None) -> bool:
    """A size in MiB against one in GiB."""
    if expected is None or found_gib is None:
        return expected is found_gib
    return abs(expected - found_gib * 1024) <= _NEAR_MIB


def within(expected: Any, found: Any) -> bool:
    """The expected text, or each of them, stands in what was found."""
    texts = expected if isinstance(expected, list) else [expected]
    return found is not None and all(plain(text) in plain(found) for text in texts)


def first_word(expected: str | None, found: str | None) -> bool:
    """Equal up to a remark after the first word of what is expected."""
    if expected is None:
        return found is None
    return found is not None and expected.split(maxsplit=1)[0].casefold() == found.casefold()


def prose(expected: str, found: str) -> bool:
    """Half of the longer words of a sentence stand in another."""
    wanted = {word.casefold() for word in _WORD.findall(expected)}
    told = {word.casefold() for word in _WORD.findall(found)}
    return 2 * len(wanted & told) >= len(wanted)


def is_instance(device: Accelerator) -> bool:
    """Whether this is a MIG instance, a part of a GPU; one whose profile is unknown is ``mig``."""
    named = device.vendor == "nvidia" and device.partition not in {None, "mig"}
    return named or "gi" in device.details


def boards(machine: Machine) -> list[list[Accelerator]]:
    """Devices by the board that they are parts of."""
    found: dict[object, list[Accelerator]] = {}
    for index, device in enumerate(machine.accelerators):
        board = device.card if device.card is not None else device.bus_id or f"no {index}"
        found.setdefault(board, []).append(device)
    return list(found.values())


def whole(machine: Machine) -> list[Accelerator]:
    """Devices as their vendor counts them: the MIG instances of one GPU are one."""
    parts: list[Accelerator] = []
    for board in boards(machine):
        parts += board[:1] if is_instance(board[0]) else board
    return parts


def whole_memory(device: Accelerator) -> float | None:
    """Memory of the GPU that an instance is a part of, else the device's own."""
    own = None if is_instance(device) else device.memory_gib
    card: float | None = device.details.get("card_gib", own)
    return card


def one(get: Callable[[Machine], Any], equal: Same = same) -> Check:
    """A fact of the machine."""

    def check(recording: Recording, key: str, expected: Any) -> Iterator[Outcome]:
        found = get(recording.machine)
        yield key, equal(expected, found), expected, repr(found)

    return check


def each(get: Callable[[Accelerator], Any], equal: Same = same) -> Check:
    """A fact of every device: a list names them in order, anything else holds for all.

    The MIG instances of one GPU stand for it together.
    """

    def check(recording: Recording, key: str, expected: Any) -> Iterator[Outcome]:
        found = [get(device) for device in whole(recording.machine)]
        wanted = expected if isinstance(expected, list) else [expected] * len(found)
        right = bool(found) and len(wanted) == len(found) and all(map(equal, wanted, found))
        yield key, right, expected, repr(found)

    return check


def detail(name: str) -> Callable[[Accelerator], Any]:
    """A fact that only some vendors' devices have."""
    return lambda device: device.details.get(name)


def rows(
    get: Callable[[Machine], list[Any]], fields: Mapping[str, tuple[Callable[[Any], Any], Same]]
) -> Check:
    """A list of tables: their number, and each key that they name in all of them."""

    def check(recording: Recording, key: str, expected: list[Any]) -> Iterator[Outcome]:
        found = get(recording.machine)
        expected = [row if isinstance(row, dict) else {"name": row} for row in expected]
        equal = len(expected) == len(found)
        yield f"{key}.count", equal, len(expected), str(len(found))
        for name in dict.fromkeys(name for row in expected for name in row):
            if name.startswith("note"):
                continue
            path, wanted = f"{key}.{name}", [row.get(name) for row in expected]
            if name not in fields:
                yield path, None, wanted, "the key is not known"
                continue
            read, matches = fields[name]
            told = [read(item) for item in found]
            outcomes = [
                matches(row[name], value)
                for row, value in zip(expected, told, strict=False)
                if name in row
            ]
            right = equal and False not in outcomes
            yield path, None if right and None in outcomes else right, wanted, repr(told)

    return check
