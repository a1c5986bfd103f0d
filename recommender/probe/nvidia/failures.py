"""What nvidia-smi, the container runtime, CUDA and the kernel say when something is wrong."""

import re
from collections.abc import Callable, Iterator

from recommender.facts.machine import Problem
from recommender.probe.nvidia import advice, problems
from recommender.probe.nvidia.told import Gpu, Reading
from recommender.probe.nvidia.words import MOST_GPUS, SOURCE
from recommender.probe.tables import bus_id

_PLACE = r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]"
# "GPU1: 0000:34:00.0: Unknown Error", "GPU0: Unknown Error", "GPU 0000:34:00.0: GPU is lost".
_LOST = re.compile(
    rf"device handle for GPU\s?(?:(\d{{1,3}})(?![0-9a-f]*:[0-9a-f]))?:?\s?({_PLACE})?|"
    rf"\bGPU ({_PLACE}): GPU has fallen off the bus",
    re.IGNORECASE,
)
# A kernel log names both versions: "the client has the version A, but this module has B".
_CLIENT = re.compile(r"client has (?:the )?version (\d+(?:\.\d+)+)", re.IGNORECASE)
_MODULE = re.compile(r"kernel module has (?:the )?version (\d+(?:\.\d+)+)", re.IGNORECASE)
_LIBRARY = re.compile(r"NVML library version:\s*(\d+(?:\.\d+)+)")


def _mismatch(text: str) -> Problem:
    library = _LIBRARY.search(text) or _CLIENT.search(text)
    module = _MODULE.search(text)
    return problems.mismatch(module and module[1], library and library[1])


def _by_number(code: int) -> Callable[[str], Problem]:
    return lambda _: problems.failure(code)


_NO_LIBRARY = _by_number(problems.LIBRARY_NOT_FOUND)
_NO_PERMISSION = _by_number(problems.NO_PERMISSION)
_NOT_LOADED = _by_number(problems.DRIVER_NOT_LOADED)

# What is said -> the problem.
_SAYINGS: tuple[tuple[str, Callable[[str], Problem]], ...] = (
    (r"Driver/library version mismatch|NVRM: API mismatch", _mismatch),
    (
        r"could(?:n.t| not) communicate with the NVIDIA|nvml(?: error)?: driver not loaded",
        _NOT_LOADED,
    ),
    (r"nvml(?: error)?: (?:Insufficient Permissions|No Permission)", _NO_PERMISSION),
    (r"do not have suf\w* permissions", _NO_PERMISSION),
    (r"blocked by the operating system", _by_number(problems.OPERATING_SYSTEM)),
    (r"couldn.t find libnvidia-ml|NVML Shared Library Not Found", _NO_LIBRARY),
    (r"libnvidia-ml\.so\S*: cannot open shared", _NO_LIBRARY),
    (r"initialize NVML: Unknown Error", _by_number(problems.UNKNOWN)),
    (r"initialize NVML: GPU requires re(?:set|start)", _by_number(problems.RESET_REQUIRED)),
    (r"could not select device driver", lambda _: advice.no_toolkit()),
    (r"unknown or invalid runtime name: nvidia", lambda _: advice.no_toolkit()),
    (r"failed to discover GPU vendor|unresolvable CDI devices", lambda _: advice.no_toolkit()),
    (r"system not yet initialized|cudaErrorSystemNotReady", lambda _: problems.fabric()),
    (r"CUDA_ERROR_SYSTEM_NOT_READY", lambda _: problems.fabric()),
    (r"nvidia-smi\S{0,9} (?:command )?not found", lambda _: advice.no_tool()),
    (r"not found: nvidia-smi|nvidia-smi: No such file", lambda _: advice.no_tool()),
    (r"'nvidia-smi(?:\.exe)?' is not recognized", lambda _: advice.no_tool()),
    (r"Key was rejected by service|Required key not available", lambda _: advice.unsigned()),
)
_PATTERNS = tuple((re.compile(words, re.IGNORECASE), make) for words, make in _SAYINGS)
_NONE = re.compile(r"No devices were found", re.IGNORECASE)


def read(text: str) -> Reading:
    """Problems that the text words, and the GPUs that it names as lost."""
    said = tuple(make(text) for pattern, make in _PATTERNS if pattern.search(text))
    gpus = tuple(_lost(text))[:MOST_GPUS]
    if not gpus and _LOST.search(text):
        said = (*said, problems.failure(problems.LOST))
    elif not said and not gpus and _NONE.search(text):
        said = (problems.none_offered(),)
    library = _LIBRARY.search(text)
    software = {"versions.nvml": (library[1], SOURCE)} if library else {}
    return Reading(gpus=gpus, problems=said, software=software)


def _lost(text: str) -> Iterator[Gpu]:
    for place, match in enumerate(_LOST.finditer(text)):
        number, *places = match.groups()
        where = next(filter(None, map(bus_id, places)), None)
        if number or where:
            known = int(number) if number else MOST_GPUS + place
            yield Gpu(source=SOURCE, number=known, bus_id=where, fault="GPU is lost")
