"""Mutants of knowledge: points, thresholds, comparisons, names and factors of its YAML files.

A rule whose points change loses them (one that only remarks takes some away), a threshold moves by
one step, a comparison takes in its border or leaves it out, a name matches nothing, a factor of
memory or speed grows by a tenth. Sentences, sources and commands stay as they are.
"""

import gc
import re
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper, cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from recommender import knowledge, knowledge_files, knowledge_source
from scripts.mutate.mutant import Mutant

_ASIDE = frozenset(("text", "fix", "source", "checked", "packages", "upkeep", "holds", "matches"))
_CONDITIONS = frozenset(("when", "needs", "device", "situations"))
_FACTORS = frozenset(("budget", "rates", "spread", "bits", "tensor_types", "factor"))
_KEYS = {
    "at_least": "above",
    "above": "at_least",
    "at_most": "below",
    "below": "at_most",
    "has": "lacks",
    "lacks": "has",
    "has_all": "has",
    "any": "all",
    "none": "all",
}
_NOTHING = "no-such"
_FRAMEWORKS = ("vllm", "sglang", "llama.cpp", "ollama", "lmdeploy", "tensorrt-llm", "xinference")
# Numbers that stand for nothing or for everything, and how many runs a rate was fitted on.
_BOUNDLESS = ("0.0", "99.0", "1.0")
_VERSION = re.compile(r"\d+(\.\d+)*")


class _Place(NamedTuple):
    """Where a node stands: ``kind`` is what numbers and words mean there."""

    name: str
    kind: str = ""
    key: str = ""


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    text = path.read_text(encoding="utf-8")
    tree = yaml.compose(text, yaml.SafeLoader)
    found = _within(tree, _Place(path.stem), set()) if tree else ()
    return [_mutant(path, text, node, new, place) for node, new, place in found]


def _mutant(path: Path, text: str, node: yaml.Node, new: str, place: _Place) -> Mutant:
    start, end = node.start_mark, node.end_mark
    changed = text[: start.index] + new + text[end.index :]
    what = f"{place.key}: {text[start.index : end.index]}  ->  {new}"
    lines = (start.line + 1, end.line + 1)
    return Mutant(path, lines, place.name, what, lambda: _install(path, changed))


_Found = Iterator[tuple[yaml.Node, str, _Place]]


def _within(node: yaml.Node, place: _Place, seen: set[int]) -> _Found:
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        named = place._replace(name=_name(node, place.name))
        for key, value in node.value:
            yield from _entry(key, value, named, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _within(item, place, seen)
    elif isinstance(node, yaml.ScalarNode) and (new := _changed(node, place)) is not None:
        yield node, new, place


def _name(node: yaml.MappingNode, outer: str) -> str:
    """The rule, or the platform of a framework, that a mapping is."""
    keys = {key.value: value.value for key, value in node.value}
    if "rule" in keys:
        return str(keys["rule"])
    return f"{outer}/{keys['id']}" if "device" in keys and "id" in keys else outer


def _entry(key: yaml.Node, value: yaml.Node, place: _Place, seen: set[int]) -> _Found:
    name = str(key.value)
    if name in _ASIDE:
        return
    kind = "condition" if name in _CONDITIONS else "factor" if name in _FACTORS else place.kind
    kind = "points" if name == "points" else kind
    inner = _Place(place.name, kind, name)
    joined = name in {"any", "none"} and len(value.value) < 2  # noqa: PLR2004  # all of one
    if place.kind == "condition" and name in _KEYS and not joined:
        yield key, _KEYS[name], inner
    yield from _within(value, inner, seen)


def _changed(node: yaml.ScalarNode, place: _Place) -> str | None:
    text, tag = str(node.value), node.tag.rpartition(":")[2]
    if tag == "bool" and place.kind:
        return "false" if text == "true" else "true"
    if place.kind == "points":
        return "0" if float(text) else "-25"
    if place.kind == "factor" and tag in {"int", "float"}:
        return _factor(text, place)
    if place.kind == "condition":
        return _asked(text, tag, place)
    return None


def _factor(text: str, place: _Place) -> str | None:
    if place.key == "runs" or text in _BOUNDLESS:
        return None
    return f"{float(text) * 1.1 or 0.5:.6g}"


def _asked(text: str, tag: str, place: _Place) -> str | None:
    """What a condition asks for otherwise."""
    if tag in {"int", "float"}:
        return str(int(text) + 1) if tag == "int" else f"{float(text) * 1.1:.6g}"
    if tag != "str":
        return None
    if _VERSION.fullmatch(text) and place.key in _KEYS:
        head, dot, last = text.rpartition(".")
        return f'"{head}{dot}{int(last) + 1}"'
    if place.key == "framework.id" and text in _FRAMEWORKS:
        return _FRAMEWORKS[(_FRAMEWORKS.index(text) + 1) % len(_FRAMEWORKS)]
    return _NOTHING


@cache
def _parsed(path: Path) -> dict[str, Any]:
    return _READ(path)


_READ: Callable[[Path], dict[str, Any]] = knowledge_source.read_yaml


def prepare() -> None:
    """Read everything once, for all mutants."""
    knowledge_source.read_yaml = lambda path: dict(_parsed(path))
    knowledge_source.pack(knowledge_files.folder())
    knowledge.load()
    _caches()


@cache
def _caches() -> "list[_lru_cache_wrapper[Any]]":
    """Everything of ours that is kept, but for the knowledge itself."""
    return [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, _lru_cache_wrapper)
        and str(thing.__module__).startswith(("recommender", "tests"))
        and thing not in (knowledge.load, knowledge_files._checkout)  # noqa: SLF001
    ]


def _install(mutated: Path, text: str) -> None:
    """Compile the knowledge with another text of one file, and forget what was made of the old."""
    loaded = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    other = {str(key): knowledge_source.plain(item) for key, item in loaded.items()}
    knowledge_source.read_yaml = lambda path: dict(other if path == mutated else _parsed(path))
    knowledge_files._checkout().update(knowledge_source.pack(knowledge_files.folder()))  # noqa: SLF001
    for cached in _caches():
        cached.cache_clear()
    known = knowledge.load()
    read = known.read
    vars(known).clear()
    vars(known).update(document=knowledge.document("core"), read=read)
