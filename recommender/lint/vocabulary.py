"""Words of a workload mean something in the rules, and grades and capabilities are known words."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import nearest
from recommender.lint.loaded import CONDITIONS, Loaded, nodes

SUPPORT = ("supported", "plugin", "source-build", "experimental", "unsupported", "unknown")
_LOADS = ("native", "weight-only", "plugin", "no")
_ABILITY = ("native", "partial", "plugin", "experimental", "no", "unknown")
# Which part of the vocabulary the values of a fact are from.
_FACTS = {
    "workload.use_case": "use_cases",
    "workload.priority": "priorities",
    "workload.features": "features",
    "workload.install": "installs",
    "workload.lifecycle": "lifecycles",
    "workload.allow": "allowances",
    "workload.region": "regions",
    "workload.orchestrator": "orchestrators",
    "workload.managed": "services",
}
# Values that stand for a wish that was not uttered, and words whose meaning is not in a
# test for them: ways to install are the keys of methods, services are named as they are.
_UNSAID = frozenset(("any", "none"))
_BY_CODE = frozenset(("installs", "services"))


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about words."""
    tested = _tested(dict(knowledge.core))
    words = knowledge.core["vocabulary"]
    for fact, part in _FACTS.items():
        for word in sorted(tested.get(fact, set()) - set(words[part]) - _UNSAID):
            yield f"{part}: a condition tests {fact} for {word!r}{nearest(word, words[part])}"
        if part in _BY_CODE:
            continue
        silent = {word for word, told in words[part].items() if told.get("default")}
        for word in sorted(set(words[part]) - tested.get(fact, set()) - silent):
            yield f"vocabulary: {part}.{word} means nothing: no condition tests {fact} for it"
    for framework in knowledge.frameworks:
        for platform in framework["platforms"]:
            yield from _platform(f"{framework['id']}/{platform['id']}", platform, words)


def _tested(document: Any) -> dict[str, set[str]]:
    """The words that conditions test a fact for."""
    found: dict[str, set[str]] = {}
    situations = document["situations"]["situations"].values()
    conditions = [node[key] for _, node in nodes(document) for key in CONDITIONS if key in node]
    for condition in (*situations, *conditions):
        _collect(condition, found)
    return found


def _collect(condition: Any, found: dict[str, set[str]]) -> None:
    if not isinstance(condition, Mapping):
        return
    for name, test in condition.items():
        if name in {"all", "any", "none"}:
            for part in test:
                _collect(part, found)
        elif name in _FACTS:
            found.setdefault(name, set()).update(_words(test))


def _words(test: Any) -> Iterator[str]:
    if isinstance(test, Mapping):
        for value in test.values():
            yield from _words(value)
    elif isinstance(test, list):
        for value in test:
            yield from _words(value)
    elif isinstance(test, str):
        yield test


def _platform(where: str, platform: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[str]:
    if platform["support"] not in SUPPORT:
        yield f"{where}: support is {platform['support']!r}; known are {', '.join(SUPPORT)}"
    for entry in platform.get("quantizations", []):
        if entry["support"] not in _LOADS:
            yield f"{where}: a format is {entry['support']!r}; known are {', '.join(_LOADS)}"
    known = words["capabilities"]
    for name, ability in platform["capabilities"].items():
        if name not in known:
            yield f"{where}: no capability is called {name!r}{nearest(name, known)}"
            continue
        if ability.get("support", "native") not in _ABILITY:
            yield f"{where}: {name} is {ability['support']!r}; known are {', '.join(_ABILITY)}"
        terms = known[name].get("terms", [])
        for term in ability.get("terms", []):
            if term not in terms:
                yield f"{where}: {name} has no term {term!r}{nearest(term, terms)}"
