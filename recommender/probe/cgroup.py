"""Limits that control groups (v1 and v2) put on this process, the tightest up its whole path."""

from collections.abc import Iterator

from recommender.facts.noun import noun
from recommender.probe.files import Files, integer

_ROOT = "sys/fs/cgroup"


@noun
class Limits:
    """``memory`` and ``left`` (until it is reached) in bytes, ``cores`` of processor time."""

    memory: int | None = None
    left: int | None = None
    cores: float | None = None


def limits(files: Files) -> Limits:
    """The tightest limits; None where nothing limits. The root group of v2 has no files."""
    paths = _paths(files.text("proc/self/cgroup") or "")
    memory = [pair for pair in _memory(files, paths) if pair[0] is not None]
    cores = [quota for quota in _cores(files, paths) if quota is not None]
    return Limits(
        memory=min((limit for limit, _ in memory if limit is not None), default=None),
        left=min((left for _, left in memory if left is not None), default=None),
        cores=min(cores, default=None),
    )


def _paths(text: str) -> dict[str, str]:
    """Path of this process by v1 controller; that of v2 has the empty name."""
    paths = {"": "/", "memory": "/", "cpu": "/"}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        # A path above the namespace's root (/../..) is not reachable from here.
        paths |= dict.fromkeys(controllers.split(","), "/" if ".." in path else path)
    return paths


def _up(base: str, path: str) -> Iterator[str]:
    """The folder of the path and all above it: in a container only the upper ones exist."""
    parts = [part for part in path.split("/") if part]
    for length in range(len(parts), -1, -1):
        yield "/".join((base, *parts[:length]))


def _memory(files: Files, paths: dict[str, str]) -> Iterator[tuple[int | None, int | None]]:
    for base in (_ROOT, f"{_ROOT}/unified"):
        for folder in _up(base, paths[""]):
            for name in ("memory.max", "memory.high"):
                yield _limit(files, folder, name, "memory.current", "inactive_file ")
    for folder in _up(f"{_ROOT}/memory", paths["memory"]):
        usage = "memory.usage_in_bytes"
        yield _limit(files, folder, "memory.limit_in_bytes", usage, "total_inactive_file ")


def _limit(
    files: Files, folder: str, name: str, usage: str, inactive: str
) -> tuple[int | None, int | None]:
    limit = files.integer(f"{folder}/{name}")
    if limit is None or limit <= 0:
        return None, None
    used = files.integer(f"{folder}/{usage}")
    if used is None:
        return limit, None
    lines = (files.text(f"{folder}/memory.stat") or "").splitlines()
    cached = (integer(line.removeprefix(inactive)) for line in lines if line.startswith(inactive))
    return limit, max(limit - used + (next(cached, 0) or 0), 0)


def _cores(files: Files, paths: dict[str, str]) -> Iterator[float | None]:
    for base in (_ROOT, f"{_ROOT}/unified"):
        for folder in _up(base, paths[""]):
            quota, _, period = (files.line(f"{folder}/cpu.max") or "").partition(" ")
            yield _quotient(integer(quota), integer(period))
    for base in (f"{_ROOT}/cpu", f"{_ROOT}/cpu,cpuacct"):
        for folder in _up(base, paths["cpu"]):
            quota_us = files.integer(f"{folder}/cpu.cfs_quota_us")
            yield _quotient(quota_us, files.integer(f"{folder}/cpu.cfs_period_us"))


def _quotient(quota: int | None, period: int | None) -> float | None:
    return quota / period if quota and period and quota > 0 and period > 0 else None
