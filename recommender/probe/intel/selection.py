"""Which Intel GPUs the environment leaves to programs that are started here.

ZE_AFFINITY_MASK and ZE_FLAT_DEVICE_HIERARCHY are described in Level Zero's core programming guide,
ONEAPI_DEVICE_SELECTOR in the environment variables of Intel's SYCL compiler.
"""

from collections.abc import Mapping, Sequence

from recommender.facts.machine import Accelerator, Problem
from recommender.probe import visible

_MASK = "ZE_AFFINITY_MASK"
_SELECTOR = "ONEAPI_DEVICE_SELECTOR"
_OURS = {"level_zero", "*"}
_ALL = {"*", "gpu"}


def shown(env: Mapping[str, str], devices: Sequence[Accelerator]) -> tuple[bool | None, ...]:
    """Whether each GPU may be seen; all None where no variable decides."""
    if not env.get(_MASK) and not env.get(_SELECTOR):
        return (None,) * len(devices)
    left = _order(devices)
    if env.get(_MASK):
        left = _masked(env, left, devices)
    if env.get(_SELECTOR):
        left = _selected(env[_SELECTOR], left)
    return tuple(place in left for place in range(len(devices)))


def problem(env: Mapping[str, str], flags: Sequence[bool | None]) -> tuple[Problem, ...]:
    """Said where a variable hides every GPU."""
    setting = {name: env[name] for name in (_MASK, _SELECTOR) if env.get(name)}
    return visible.problem(visible.chosen(setting, *setting), flags, "probe.intel.hidden")


def _order(devices: Sequence[Accelerator]) -> list[int]:
    """Places of the GPUs as Level Zero numbers them: cards come before the one inside."""
    return sorted(range(len(devices)), key=lambda place: devices[place].integrated is True)


def _masked(
    env: Mapping[str, str], order: Sequence[int], devices: Sequence[Accelerator]
) -> list[int]:
    """Places that the mask leaves; by default it counts tiles rather than cards."""
    flat = env.get("ZE_FLAT_DEVICE_HIERARCHY", "FLAT").upper() != "COMPOSITE"
    numbered = [place for place in order for _ in range(_tiles(devices[place]) if flat else 1)]
    wanted = {word.partition(".")[0].strip() for word in env[_MASK].split(",")}
    kept = {place for number, place in enumerate(numbered) if str(number) in wanted}
    return [place for place in order if place in kept]


def _selected(selector: str, order: Sequence[int]) -> list[int]:
    """Places that the selector's terms (``level_zero:0,1;!level_zero:1``) accept.

    Terms of other interfaces number other devices: where only they stand, nothing is known to be
    hidden.
    """
    terms = [term.strip().lower() for term in selector.split(";") if term.strip()]
    accepted = [term for term in terms if not term.startswith("!")]
    ours = [term for term in accepted if _backend(term) in _OURS]
    if accepted and not ours and any(_backend(term) == "opencl" for term in accepted):
        return list(order)
    kept = {number for term in ours for number in _numbers(term, len(order))}
    if not accepted:
        kept = set(range(len(order)))
    refused = (term[1:] for term in terms if term.startswith("!"))
    for term in refused:
        if _backend(term) in _OURS:
            kept -= _numbers(term, len(order))
    return [place for number, place in enumerate(order) if number in kept]


def _backend(term: str) -> str:
    return term.partition(":")[0].strip()


def _numbers(term: str, count: int) -> set[int]:
    words = {word.partition(".")[0].strip() for word in term.partition(":")[2].split(",")}
    if not _ALL.isdisjoint(words):
        return set(range(count))
    return {number for number in range(count) if str(number) in words}


def _tiles(device: Accelerator) -> int:
    tiles = device.details.get("tiles")
    return tiles if isinstance(tiles, int) and 0 < tiles < 64 else 1  # noqa: PLR2004  # no garbage
