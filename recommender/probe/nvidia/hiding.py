"""Which GPUs CUDA_VISIBLE_DEVICES leaves to the programs that are started here."""

from collections.abc import Mapping, Sequence

from recommender.facts.machine import Problem
from recommender.probe import visible
from recommender.probe.files import integer
from recommender.probe.nvidia import problems

VARIABLE = "CUDA_VISIBLE_DEVICES"
_ORDER = "CUDA_DEVICE_ORDER"


def shown(
    env: Mapping[str, str], names: Sequence[str | None], called: Sequence[Sequence[str]]
) -> tuple[tuple[bool | None, ...], tuple[Problem, ...]]:
    """Whether each device may be seen, None where that is not certain; and what is odd about it.

    Args:
        env: the environment.
        names: the product names; unlike devices are not numbered as the driver numbers them.
        called: for each device its number and its identifiers.

    """
    choice = visible.chosen(env, VARIABLE)
    numbers = _numbers(choice)
    unknown = (None,) * len(called)
    if _has_identifiers(choice, numbers) and not all(map(_is_identified, called)):
        return unknown, ()
    if numbers and not _is_bus_order(env) and len(set(names) - {None}) > 1:
        if set(range(len(called))) <= set(numbers):
            return (True,) * len(called), ()
        return unknown, (problems.device_order(),)
    flags = visible.flags(choice, called)
    return flags, visible.problem(choice, flags, "probe.nvidia.hidden")


def _numbers(choice: visible.Choice) -> list[int]:
    values = (integer(word.strip()) for word in (choice.value or "").split(","))
    return [value for value in values if value is not None and value >= 0]


def _has_identifiers(choice: visible.Choice, numbers: list[int]) -> bool:
    return (choice.value or "").strip().startswith(("GPU-", "MIG-")) and not numbers


def _is_identified(called: Sequence[str]) -> bool:
    return any(name.startswith(("GPU-", "MIG-")) for name in called)


def _is_bus_order(env: Mapping[str, str]) -> bool:
    # CUDA numbers the fastest first by default, the others in an order that it does not tell
    # (CUDA C++ programming guide, environment variables).
    return env.get(_ORDER) == "PCI_BUS_ID"
