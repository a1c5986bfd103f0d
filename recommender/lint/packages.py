"""What a platform requires agrees with what its packages were built for, device by device."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recommender.devices.catalogue import Spec, series_of, specs
from recommender.facts import Accelerator
from recommender.lint.loaded import Loaded
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation

# Jetson's GPUs run no code of their desktop siblings (source: nvidia-cuda-compatibility).
_TEGRA = frozenset(("5.3", "6.2", "7.2", "8.7", "11.0"))
_TARGET = re.compile(r"(\d+)\.(\d+)([af]?)")
_ARCHES = ("x86_64", "aarch64")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about platforms that reject what a package holds, or accept what none does."""
    for framework in knowledge.frameworks:
        for platform in framework["platforms"]:
            where = f"{framework['id']}/{platform['id']}"
            yield from _capabilities(where, platform, knowledge)
            yield from _named(where, platform, knowledge, "gfx")
            yield from _named(where, platform, knowledge, "series")


def covers(target: str, capability: str) -> bool:
    """Whether machine code for ``target`` runs on a device of this compute capability.

    Code runs on later minor versions of its major one, ``a`` on that capability alone, ``f`` on its
    family; Jetson's GPUs need their own (source: nvidia-cuda-compatibility).
    """
    found = _TARGET.fullmatch(target)
    if found is None:
        return False
    major, minor, kind = int(found[1]), int(found[2]), found[3]
    own_major, own_minor = (int(part) for part in capability.split("."))
    if kind == "a" or capability in _TEGRA or f"{major}.{minor}" in _TEGRA:
        return (major, minor) == (own_major, own_minor)
    return major == own_major and minor <= own_minor


def _translates(ptx: str, capability: str) -> bool:
    """Whether the driver can translate PTX of this capability for the device."""
    oldest, own = (tuple(map(int, text.split("."))) for text in (ptx, capability))
    return oldest <= own


def _capabilities(where: str, platform: Mapping[str, Any], knowledge: Loaded) -> Iterator[str]:
    built = [package for package in platform.get("packages", []) if package.get("capabilities")]
    for arch in _ARCHES:
        fitting = [package for package in built if arch in package.get("arch", _ARCHES)]
        if not fitting:
            continue
        for capability in sorted(filter(None, {spec.compute_capability for spec in specs()})):
            device = {"device.vendor": "nvidia", "device.compute_capability": capability}
            runs = any(_holds_code(package, capability) for package in fitting)
            told = _accepts(platform, {**device, "arch": arch}, knowledge, "compute_capability")
            yield from _compared(f"{where} on {arch}", f"capability {capability}", told, runs)


def _holds_code(package: Mapping[str, Any], capability: str) -> bool:
    compiled = any(covers(target, capability) for target in package["capabilities"])
    return compiled or any(_translates(ptx, capability) for ptx in package.get("ptx", []))


def _named(where: str, platform: Mapping[str, Any], knowledge: Loaded, key: str) -> Iterator[str]:
    """Targets that packages list by name: all of them must run, and no other."""
    lists = [set(package[key]) for package in platform.get("packages", []) if package.get(key)]
    if not lists:
        return
    listed = set().union(*lists)
    for spec in _unique(key):
        value = _value(spec, key)
        facts = {"device.vendor": spec.vendor, f"device.{key}": value}
        told = _accepts(platform, facts, knowledge, key)
        yield from _compared(where, f"{key} {value}", told, value in listed)


def _unique(key: str) -> Iterable[Spec]:
    return {
        (spec.vendor, _value(spec, key)): spec for spec in specs() if _value(spec, key)
    }.values()


def _value(spec: Spec, key: str) -> str | None:
    if key == "gfx":
        return spec.gfx
    return series_of(Accelerator(vendor=spec.vendor, name=spec.name, chip=spec.chip, gfx=spec.gfx))


def _accepts(
    platform: Mapping[str, Any], facts: Mapping[str, Any], knowledge: Loaded, key: str
) -> bool | None:
    """Whether device and requirements let the device in; None where it is not the platform's."""
    values = {"device.kind": "accelerator", **facts}
    situations = knowledge.core["situations"]["situations"]
    situation = Situation(values=values, situations=situations)
    if holds(platform["device"], situation) is not True:
        return None
    needs = [
        need["needs"]
        for need in platform.get("requires", [])
        if key in str(need["needs"]) and "model." not in str(need["needs"])
    ]
    return all(holds(need, situation) is not False for need in needs)


def _compared(where: str, what: str, told: bool | None, runs: bool) -> Iterator[str]:  # noqa: FBT001
    if told is True and not runs:
        yield f"{where}: {what} is let in, but no package was built for it"
    elif told is False and runs:
        yield f"{where}: {what} is rejected, but a package was built for it"
