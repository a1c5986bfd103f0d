"""The values that an option or argument may have, by what help.yaml calls them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from recommender.errors import InputError
from recommender.knowledge import Knowledge, document, installed, overlaid

Value = tuple[str, str]

# Parts of vocabulary.yaml.
_VOCABULARY = (
    *("allowances", "features", "installs", "lifecycles", "orchestrators", "priorities"),
    *("regions", "services", "use_cases"),
)

_BRANDS = frozenset(("AMD", "GeForce", "Intel", "NVIDIA", "Radeon", "Tesla"))


def known(kind: str | Sequence[str] | None, lang: str) -> Iterator[Value]:
    """What may stand there, each with what it means where that is not plain.

    ``kind`` is the list itself or the name of one; files are the shell's to complete.
    """
    if kind is None:
        return
    if not isinstance(kind, str):
        yield from ((value, "") for value in kind)
    elif kind in _VOCABULARY:
        yield from ((key, item[lang]) for key, item in _plain().vocabulary(kind).items())
    elif kind in _KINDS:
        yield from _KINDS[kind]()


def _plain() -> Knowledge:
    """What is known without a site: its folder may be what somebody needs help with."""
    return overlaid(None)


def _document(name: str) -> Mapping[str, Any]:
    """A document with what a site adds, if its folder can be read."""
    try:
        return document(name)
    except InputError:
        return installed(name)


def _frameworks() -> Iterator[Value]:
    knowledge = _plain()
    every = (*knowledge.heads, *knowledge.challenger_heads)
    return ((framework.id, framework.name) for framework in every)


def _challengers() -> Iterator[Value]:
    yield "challengers", ""
    every = _plain().challenger_heads
    yield from ((item.id, item.name) for item in every if item.role == "challenger")


def _models() -> Iterator[Value]:
    return ((row["id"], "") for row in _document("models")["models"])


def _gpus() -> Iterator[Value]:
    return ((row["name"], _size(row)) for row in _document("accelerators")["accelerators"])


def _size(row: Mapping[str, Any]) -> str:
    return f"{row['memory_gib']:g} GiB" if "memory_gib" in row else ""


def _targets() -> Iterator[Value]:
    from recommender.targets.registry import TARGETS

    return ((name, "") for name in TARGETS)


def _quantizations() -> Iterator[Value]:
    return ((row["id"], "") for row in installed("core")["quantizations"]["quantizations"])


def _vendors() -> Iterator[Value]:
    return ((name, "") for name in ("accelerator", *installed("core")["devices"]["vendors"]))


_KINDS: dict[str, Callable[[], Iterator[Value]]] = {
    "frameworks": _frameworks,
    "challengers": _challengers,
    "models": _models,
    "gpus": _gpus,
    "targets": _targets,
    "quantizations": _quantizations,
    "vendors": _vendors,
}


def spellings(kind: str | Sequence[str] | None) -> Iterator[Value]:
    """What else a model or a GPU is called, each with the name that is meant."""
    if kind == "models":
        yield from _model_spellings()
    elif kind == "gpus":
        for row in _document("accelerators")["accelerators"]:
            names = (*_shorter(row["name"]), *row.get("aliases", ()))
            yield from ((name, row["name"]) for name in names)


def unbranded(kind: str | Sequence[str] | None) -> Iterator[Value]:
    """Devices as people type them, without the brand before the name, each with the whole name."""
    for row in _document("accelerators")["accelerators"] if kind == "gpus" else ():
        words = row["name"].split()
        while words[1:] and words[0] in _BRANDS:
            del words[0]
        if len(words) < len(row["name"].split()):
            yield " ".join(words), row["name"]


def _shorter(name: str) -> Iterator[str]:
    """A device's name without its first words, as far as the one with its number."""
    words = name.split()
    for position, word in enumerate(words):
        if position:
            yield " ".join(words[position:])
        if any(character.isdigit() for character in word):
            return


def _model_spellings() -> Iterator[Value]:
    catalogue = _document("models")
    for row in catalogue["models"]:
        names = (row.get("ollama_tag"), row["id"].rpartition("/")[2])
        yield from ((name, row["id"]) for name in names if name)
    for name, meant in catalogue["aliases"].items():
        yield name, meant if isinstance(meant, str) else meant[0]
