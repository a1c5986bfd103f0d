"""What schedulers call devices and frameworks is said of those that exist, once each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import nearest
from recommender.lint.loaded import Loaded


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about names that are unknown or stand twice."""
    document = knowledge.schedulers
    devices = [row["name"] for row in knowledge.accelerators["accelerators"]]
    for part in ("ray", "skypilot"):
        yield from _devices(part, document[part], devices)
    known = {framework["id"] for framework in knowledge.frameworks}
    for framework in document["ray"]["engines"]:
        if framework not in known:
            yield f"schedulers: ray: no framework is called {framework!r}"
    images = Counter(row["image"] for row in document["images"])
    yield from _twice("images", images)


def _devices(part: str, scheduler: Mapping[str, Any], known: list[str]) -> Iterator[str]:
    names = Counter(name for row in scheduler["accelerators"] for name in row["names"])
    yield from _twice(part, names)
    for name in names:
        if name not in known:
            yield f"schedulers: {part}: no accelerator is called {name!r}{nearest(name, known)}"


def _twice(part: str, counted: Mapping[str, int]) -> Iterator[str]:
    for name, count in counted.items():
        if count > 1:
            yield f"schedulers: {part}: {name} stands {count} times"
