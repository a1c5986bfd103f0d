"""``nvidia-smi -L``: GPUs and the MIG devices below them, by name and identifier."""

import re
from dataclasses import replace

from recommender.probe.nvidia.told import Gpu, Instance, Reading
from recommender.probe.nvidia.words import MOST_GPUS, value

_SOURCE = "nvidia-smi -L"
_GPU = re.compile(r"GPU (\d{1,4}):\s")
_MIG = re.compile(r"MIG (\S+)\s+Device\s+(\d{1,4}):")
_UUID = re.compile(r"\(UUID:\s*([^\s)]+)")
# Drivers before 470 name a MIG device by its GPU and its two numbers.
_NUMBERS = re.compile(r"MIG-GPU-[^/]*/(\d{1,4})/(\d{1,4})")


def read(text: str) -> Reading:
    """Names, profiles and identifiers; sizes are not told here.

    A GPU without MIG devices below it may be in MIG mode all the same: that is not told either.
    """
    gpus: list[Gpu] = []
    for line in map(str.strip, text.splitlines()):
        gpu, mig = _GPU.match(line), _MIG.match(line)
        if gpu and len(gpus) < MOST_GPUS:
            name = value(line[gpu.end() :].partition("(UUID:")[0])
            gpus.append(Gpu(source=_SOURCE, number=int(gpu[1]), name=name, uuid=_uuid(line)))
        elif mig and gpus:
            known = gpus[-1].instances or ()
            one = _instance(mig, _uuid(line))
            gpus[-1] = replace(gpus[-1], mig=True, instances=(*known, one))
    return Reading(gpus=tuple(gpus))


def _instance(match: re.Match[str], uuid: str | None) -> Instance:
    numbers = _NUMBERS.match(uuid or "")
    return Instance(
        source=_SOURCE,
        number=int(match[2]),
        profile=match[1],
        gi=int(numbers[1]) if numbers else None,
        ci=int(numbers[2]) if numbers else None,
        uuid=uuid,
    )


def _uuid(line: str) -> str | None:
    match = _UUID.search(line)
    return match[1] if match else None
