"""NVIDIA's devices through ``nvidia-smi``, where its library cannot be used from Python."""

import re
import time

from recommender.probe.context import Context
from recommender.probe.nvidia import problems, texts, words
from recommender.probe.nvidia.told import Reading

_FIELDS = (
    *("index", "name", "pci.bus_id", "memory.total", "memory.used", "memory.reserved"),
    *("compute_cap", "driver_version", "mig.mode.current", "ecc.mode.current", "uuid"),
)
_PLACES = ("usr/lib/wsl/lib/nvidia-smi", "usr/bin/nvidia-smi")
_INVALID = re.compile(r'"([\w.]+)" is not a valid field')
# Problems that stand for all devices: the tool would say nothing else to another question.
_TOTAL = {
    "probe.nvidia.mismatch": problems.MISMATCH,
    "probe.nvidia.not-loaded": problems.DRIVER_NOT_LOADED,
    "probe.nvidia.permission": problems.NO_PERMISSION,
    "probe.nvidia.blocked": problems.OPERATING_SYSTEM,
    "probe.nvidia.unknown": problems.UNKNOWN,
}


def read(context: Context, seconds: float) -> list[Reading] | int | None:
    """What the tool tells; an NVML error number where it names one; None if it is no help.

    Args:
        context: where to look for the tool.
        seconds: when the tool is given up.

    """
    from recommender.probe.tools import find

    program = find(context, "nvidia-smi", *_PLACES)
    if program is None:
        return None
    deadline = time.monotonic() + seconds
    answers = _devices(context, program, deadline)
    if answers is None:
        return problems.TIMEOUT
    readings = [reading for answer in answers for reading in texts.read(answer)]
    code = next((_TOTAL[p.rule] for r in readings for p in r.problems if p.rule in _TOTAL), None)
    if code is not None:
        return code
    more = _further(context, program, readings, deadline)
    return readings + [reading for answer in more for reading in texts.read(answer)]


def _devices(context: Context, program: str, deadline: float) -> list[str] | None:
    """The rows of the devices, and the table, which alone names the version of CUDA."""
    from recommender.probe.tools import ask

    fields, banner = list(_FIELDS), tuple[str, ...]()
    # Drivers that do not know a field refuse the whole question and name one such field.
    while fields:
        query = (f"--query-gpu={','.join(fields)}", "--format=csv")
        questions = (query,) if banner else (query, ())
        left = deadline - time.monotonic()
        rows, *told = ask(context, program, *questions, seconds=left)
        banner = banner or tuple(text or "" for text in told)
        if rows is None:
            return None
        invalid = _INVALID.search(rows)
        if invalid is None or invalid[1] not in fields:
            return [rows, *banner]
        fields.remove(invalid[1])
    return list(banner)


def _further(context: Context, program: str, readings: list[Reading], deadline: float) -> list[str]:
    """What only other questions tell: MIG devices and their profiles, and links."""
    from recommender.probe.tools import ask

    gpus = [gpu for reading in readings for gpu in reading.gpus]
    questions: list[tuple[str, ...]] = []
    if any(gpu.mig for gpu in gpus):
        questions += [("-q", "-x"), ("-L",)]
    if len({gpu.number for gpu in gpus if gpu.number < words.MOST_GPUS}) > 1:
        questions.append(("topo", "-m"))
    if not questions:
        return []
    answers = ask(context, program, *questions, seconds=deadline - time.monotonic())
    return [answer for answer in answers if answer]
