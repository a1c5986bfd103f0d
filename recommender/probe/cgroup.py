"""Limits that control groups (v1 and v2) put on this process, the tightest up its whole path."""

from collections.abc import Iterable, Iterator, Mapping

from recommender.facts.noun import noun
from recommender.probe.files import Files, integer

_ROOT = "sys/fs/cgroup"


@noun
class MemoryLimit:
    """In bytes: the tightest limit, what is left until one is reached, what its group uses.

    Where nothing limits, ``used`` is what this process's own group uses.
    """

    limit: int | None = None
    left: int | None = None
    used: int | None = None


def memory(files: Files) -> MemoryLimit:
    """Limits of memory; None where nothing limits. The root group of v2 has no files."""
    limits = list(_memory(files))
    limited = [one for one in limits if one.limit is not None]
    tightest = min(limited, key=lambda one: one.limit or 0, default=None)
    own = next((one for one in limits if one.used is not None), MemoryLimit())
    return MemoryLimit(
        limit=tightest.limit if tightest else None,
        left=min((one.left for one in limited if one.left is not None), default=None),
        used=(tightest or own).used,
    )


def cores(files: Files) -> float | None:
    """Processor time that the tightest quota grants, in processors; None where there is none."""
    return min((quota for quota in _quotas(files) if quota is not None), default=None)


def cpus(files: Files) -> str | None:
    """The kernel's list (``0-3,8``) of the processors that the innermost group may use."""
    groups = _groups(files)
    for folder in (*_folders(groups, "cpuset"), *_folders(groups, "")):
        for name in ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"):
            if (listed := files.text(f"{folder}/{name}")) and listed.strip():
                return listed
    return None


def _memory(files: Files) -> Iterator[MemoryLimit]:
    """What each group says, the innermost first."""
    groups = _groups(files)
    if "memory" in groups:
        for folder in _folders(groups, "memory"):
            limits = [files.integer(f"{folder}/memory.limit_in_bytes")]
            stat = _stat(files, folder) if limits[0] else {}
            # The tightest limit above, even where a container does not see the groups above.
            limits.append(stat.get("hierarchical_memory_limit"))
            used = files.integer(f"{folder}/memory.usage_in_bytes")
            yield _limit(limits, used, stat.get("total_inactive_file", 0))
    if "" in groups:
        for folder in _folders(groups, ""):
            limits = [files.integer(f"{folder}/memory.{name}") for name in ("max", "high")]
            stat = _stat(files, folder) if any(limits) else {}
            used = files.integer(f"{folder}/memory.current")
            yield _limit(limits, used, stat.get("inactive_file", 0))


def _limit(limits: Iterable[int | None], used: int | None, cached: int) -> MemoryLimit:
    limit = min((one for one in limits if one and one > 0), default=None)
    left = None if limit is None or used is None else max(limit - used + cached, 0)
    return MemoryLimit(limit=limit, left=left, used=used)


def _stat(files: Files, folder: str) -> dict[str, int]:
    pairs = (line.split() for line in (files.text(f"{folder}/memory.stat") or "").splitlines())
    return {pair[0]: integer(pair[1]) or 0 for pair in pairs if len(pair) == 2}  # noqa: PLR2004


def _quotas(files: Files) -> Iterator[float | None]:
    groups = _groups(files)
    if "cpu" in groups:
        for folder in _folders(groups, "cpu"):
            quota_us = files.integer(f"{folder}/cpu.cfs_quota_us")
            yield _quotient(quota_us, files.integer(f"{folder}/cpu.cfs_period_us"))
    if "" in groups:
        for folder in _folders(groups, ""):
            quota, _, period = (files.line(f"{folder}/cpu.max") or "").partition(" ")
            yield _quotient(integer(quota), integer(period))


def _quotient(quota: int | None, period: int | None) -> float | None:
    return quota / period if quota and period and quota > 0 and period > 0 else None


def _groups(files: Files) -> Mapping[str, tuple[str, str]]:
    """Hierarchy and path of this process by v1 controller; those of v2 have the empty name."""
    groups: dict[str, tuple[str, str]] = {}
    for line in (files.text("proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        hierarchy, _, path = rest.partition(":")
        # A path above the namespace's root (/../..) is not reachable from here.
        place = hierarchy, "/" if ".." in path else path
        groups |= dict.fromkeys(hierarchy.split(","), place)
    return groups or {name: (name, "/") for name in ("", "memory", "cpu", "cpuset")}


def _folders(groups: Mapping[str, tuple[str, str]], controller: str) -> Iterator[str]:
    """The folder of the group and all above it: in a container only the upper ones exist."""
    hierarchy, path = groups.get(controller, ("", ""))
    if controller:
        bases = dict.fromkeys(f"{_ROOT}/{name}" for name in (controller, hierarchy))
    else:
        # Beside hierarchies of version 1 that of version 2 has a folder of its own.
        bases = dict.fromkeys((_ROOT, f"{_ROOT}/unified") if len(groups) > 1 else (_ROOT,))
    parts = [part for part in path.split("/") if part]
    for base in bases:
        for length in range(len(parts), -1, -1):
            yield "/".join((base, *parts[:length]))
