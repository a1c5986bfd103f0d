"""Variables that hide GPUs from ROCm's programs: one set by the driver's runtime, one by HIP."""

from collections.abc import Mapping, Sequence

from recommender.facts.machine import Problem
from recommender.probe import visible
from recommender.probe.kfd import Node

_RUNTIME = "ROCR_VISIBLE_DEVICES"
# HIP takes the first of these that is set.
_HIP = ("HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")


def flags(
    env: Mapping[str, str], nodes: Sequence[Node], rule: str
) -> tuple[tuple[bool | None, ...], tuple[Problem, ...]]:
    """Whether each GPU is visible, and a problem where none is.

    The runtime counts the GPUs that it may see and knows them by ``GPU-`` and the unique id; HIP
    counts what the runtime leaves.
    """
    runtime = visible.chosen(env, _RUNTIME)
    first = visible.flags(runtime, [_names(place, node) for place, node in enumerate(nodes)])
    left = [place for place, shown in enumerate(first) if shown is not False]
    hip = visible.chosen(env, *_HIP)
    second = visible.flags(hip, [(str(number),) for number in range(len(left))])
    shown = list(first)
    for place, flag in zip(left, second, strict=True):
        shown[place] = shown[place] if flag is None else flag
    choice = hip if hip.value is not None and left else runtime
    return tuple(shown), visible.problem(choice, shown, rule)


def _names(place: int, node: Node) -> tuple[str, ...]:
    if node.unique_id is None:
        return (str(place),)
    number = f"{node.unique_id:016x}"
    return (str(place), f"GPU-{number}", f"GPU-{number.upper()}")
