"""Keys stand in the order in which they are explained, and names in the order of the alphabet."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from recommender import facts
from recommender.knowledge_source import read_yaml
from recommender.lint.loaded import Loaded

_NOUNS = {
    "platforms": facts.Platform,
    "packages": facts.Package,
    "requires": facts.Requirement,
    "notices": facts.Notice,
    "choices": facts.Notice,
    "quantizations": facts.Quantization,
    "consider": facts.Rule,
}
# A key of a framework's file that is spelt out in its platforms, and after which it stands.
_SHARED, _AFTER = "capabilities", "traits"


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about keys and names out of order."""
    yield from _sorted("sources", list(knowledge.core["sources"]["sources"]))
    for part, words in knowledge.core["vocabulary"].items():
        yield from _sorted(f"vocabulary: {part}", list(words))
    for path in sorted((knowledge.root / "frameworks").glob("*.yaml")):
        document = read_yaml(path)
        yield from _keys(f"frameworks/{path.stem}", facts.Framework, document)
        yield from _nested(f"frameworks/{path.stem}", document)


def _sorted(where: str, names: Sequence[str]) -> Iterator[str]:
    for before, after in pairwise(names):
        if before > after:
            yield f"{where}: {after} must stand before {before}"


def _nested(where: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, items in value.items():
            noun = _NOUNS.get(key)
            if noun and isinstance(items, list):
                for item in items:
                    label = (
                        f"{where}/{item.get('id') or item.get('rule') or item.get('name') or key}"
                    )
                    yield from _keys(label, noun, item)
            yield from _nested(where, items)
    elif isinstance(value, list):
        for item in value:
            yield from _nested(where, item)


def _keys(where: str, noun: Any, item: Mapping[str, Any]) -> Iterator[str]:
    order = list(noun.__dataclass_fields__)
    if _SHARED not in order and _AFTER in order:
        order.insert(order.index(_AFTER) + 1, _SHARED)
    wanted = [key for key in order if key in item]
    found = [key for key in item if key in order]
    for right, wrong in zip(wanted, found, strict=True):
        if right != wrong:
            yield f"{where}: the key {right!r} must stand before {wrong!r}"
            return
