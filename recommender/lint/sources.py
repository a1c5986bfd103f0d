"""Every fact has a source that exists, and every source is used."""

from collections.abc import Iterator

from recommender.errors import nearest
from recommender.lint.loaded import Loaded, nodes

_COMMON = ("requirements", "abilities", "notices", "choices", "problems")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about sources that are missing, unknown or idle."""
    sources = knowledge.core["sources"]["sources"]
    used = set()
    documents = {
        **knowledge.core,
        "clusters": dict(knowledge.clusters),
        "conflicts": dict(knowledge.conflicts),
        "conversions": dict(knowledge.conversions),
        "gateways": dict(knowledge.gateways),
        "hosts": dict(knowledge.hosts),
        "offline": dict(knowledge.offline),
        "remedies": dict(knowledge.remedies),
        "schedulers": dict(knowledge.schedulers),
        "speed": dict(knowledge.speeds),
        "servers": dict(knowledge.servers),
    }
    for where, node in nodes(documents):
        source = node.get("source")
        if isinstance(source, str):
            used.add(source)
            if source not in sources:
                yield f"{where}: no source is called {source!r}{nearest(source, sources)}"
    yield from _missing(knowledge)
    for name in sorted(set(sources) - used):
        yield f"sources: {name} is used by nothing"
    for name, row in sources.items():
        if not row.get("title") or not row.get("version"):
            yield f"sources: {name} needs a title and the version that was read"


def _missing(knowledge: Loaded) -> Iterator[str]:
    core = knowledge.core
    groups = {
        **{part: core["common"].get(part, []) for part in _COMMON},
        "parsers": core["parsers"]["parsers"],
        "quantizations": core["quantizations"]["quantizations"],
        "speed": knowledge.speeds["rates"],
    }
    for part, items in groups.items():
        for item in items:
            if not item.get("source"):
                name = item.get("rule") or item.get("family") or item.get("id")
                yield f"{part}: {name} names no source"
