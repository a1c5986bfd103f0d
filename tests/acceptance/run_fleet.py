"""How long a fleet takes and how much memory: ``python -m tests.acceptance.run_fleet [COUNT]``.

Writes COUNT made-up machines (100,000) of 50 kinds as JSON lines, each with its own name, addresses
and free memory, asks ``llmpick fleet`` about them, and times one more machine of a known kind and
of a new one. Exit code 1 where a bound is not kept.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.devices.described import describe
from recommender.facts.codec import encode
from recommender.fleet.machines import Reader

COUNT, KINDS = 100_000, 50
# Seconds for COUNT machines, MiB at most at any time, milliseconds for one more machine.
BOUNDS = {"seconds": 60, "peak_mib": 200, "known_ms": 0.1, "new_ms": 1}
_GPUS = (
    *("H100 SXM:8", "H200 SXM:8", "A100 SXM 80GB:8", "L40S:4", "RTX 4090:2", "RTX 4090"),
    *("MI300X:8", "MI210:4", "Ascend 910B3:8", "Gaudi 3:8"),
)
_MEMORY_GIB = (256, 512, 1024, 1536, 2048)
_FLAGS = ("sse4_2", "avx", "avx2", "fma", "f16c", "bmi2", "avx512f", "avx512bw", "avx512_vnni") * 10
_TRIES = 2000


def kinds() -> list[dict[str, Any]]:
    """Machines that differ in what decides, as large as what a probe writes of a server."""
    return [
        {
            **encode(describe([gpu], ram_gib=memory, os="ubuntu 24.04")),
            "cpu": {"vendor": "intel", "model": "Xeon 8480+", "flags": list(_FLAGS)},
        }
        for gpu in _GPUS
        for memory in _MEMORY_GIB
    ]


def line(kind: Mapping[str, Any], number: int) -> str:
    """One machine of a kind, with values of its own."""
    memory = {**kind["memory"], "available_gib": number % 977 / 4, "group_used_gib": number % 13}
    devices = [
        {**device, "used_gib": number % 31 / 8, "bus_id": f"0000:{place:02x}:00.0"}
        for place, device in enumerate(kind["accelerators"])
    ]
    own = {"memory": memory, "accelerators": devices, "disk_free_gib": number % 5000}
    return json.dumps({**kind, "name": f"node-{number:06}", **own}, separators=(",", ":"))


def _machines(count: int) -> Iterator[str]:
    every = kinds()
    for number in range(count):
        yield line(every[number % len(every)], number)


# A process starts with the memory of the one that started it, so that one has to be small.
_ASK = """
import resource, subprocess, sys
with open(sys.argv[1], "wb") as answer:
    subprocess.run(sys.argv[2:], stdout=answer, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def asked(file: Path) -> tuple[float, float]:
    """Seconds and the peak of resident memory in MiB of ``llmpick fleet FILE --json``."""
    answer = file.with_suffix(".out")
    command = [sys.executable, "-m", "recommender", "fleet", str(file), "--json"]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(answer), *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - start, float(done.stdout)


def _median_ms(work: Callable[[int], object]) -> float:
    taken = []
    for number in range(_TRIES):
        start = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def one_more() -> tuple[float, float]:
    """Milliseconds for one more machine of a known kind, and of a new one."""
    reader, kind = Reader(), kinds()[0]
    lines = [line(kind, number).encode() for number in range(_TRIES)]
    reader.machine(reader.line(lines[0]), lines[0])
    known = _median_ms(lambda number: reader.line(lines[number]))
    decoded = [json.loads(raw) for raw in lines]
    new = _median_ms(lambda number: reader.machine(decoded[number]))
    return known, new + _median_ms(lambda number: json.loads(lines[number]))


def measured(count: int) -> dict[str, float]:
    """What is bounded, measured."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.jsonl"
        with file.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{text}\n" for text in _machines(count))
        seconds, peak = asked(file)
    known, new = one_more()
    return {"seconds": seconds, "peak_mib": peak, "known_ms": known, "new_ms": new}


def main() -> int:
    """Print each figure beside its bound."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    found = measured(count)
    sys.stdout.write(f"{count} machines of {KINDS} kinds\n")
    for name, figure in found.items():
        sys.stdout.write(f"{name:>9} {figure:8.3f}  bound {BOUNDS[name]}\n")
    return int(any(figure > BOUNDS[name] for name, figure in found.items()))


if __name__ == "__main__":
    sys.exit(main())
