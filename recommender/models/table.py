"""The rows of knowledge/models.yaml and the ways to look one up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from recommender.facts import Model
from recommender.facts.codec import decode
from recommender.knowledge import document
from recommender.models import spelling

# Endings that people leave out when they name a model.
_ENDING = re.compile(r"-(?:instruct|it|chat|hf|think|\d{4}|v\d+(?:-\d+)?|v)$")
_TOKEN = re.compile(r"a?\d+(?:\.\d+)?[bm](?![a-z])|[a-z]+|\d+")
_MOST_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Index:
    """Look-ups by text; values are positions of rows, keys in lower case.

    ``ids`` has whole repository ids. ``names``, ``short`` and ``aliases`` have squashed names:
    exact ones, ones without the endings that people leave out, and other words for them.
    """

    ids: Mapping[str, int]
    names: Mapping[str, int]
    short: Mapping[str, int]
    aliases: Mapping[str, tuple[str, ...]]
    cores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Builds:
    """Known repositories with other builds: by id in lower case, and by squashed name."""

    ids: Mapping[str, tuple[str, int]]
    names: Mapping[str, tuple[str, ...]]


def core_part(name: str) -> Mapping[str, Any]:
    """One part of the core knowledge: quantizations."""
    return document("core")[name]  # type: ignore[no-any-return]


def rows() -> list[dict[str, Any]]:
    """The rows as they stand in the file."""
    return document("models")["models"]  # type: ignore[no-any-return]


@cache
def model(position: int) -> Model:
    """One row as a model; its name is the last part of its id."""
    row = rows()[position]
    return decode(Model, {"name": row["id"].rpartition("/")[2], **row})


@cache
def index() -> Index:
    """All look-ups over the rows."""
    ids, names, short, cores = {}, {}, {}, []
    for position, row in enumerate(rows()):
        whole = row["id"].casefold()
        ids[whole] = position
        spelled = spelling.read(whole)
        cores.append(spelled.core)
        for text in (spelled.name, spelled.core, whole):
            names.setdefault(spelling.squashed(text), position)
        if row.get("ollama_tag"):
            short.setdefault(spelling.squashed(row["ollama_tag"].casefold()), position)
        for text in _shortened(spelled.core):
            short.setdefault(spelling.squashed(text), position)
    return Index(ids, names, short, _aliases(), tuple(cores))


def _shortened(core: str) -> list[str]:
    """``llama-3-3-70b-instruct`` without its endings, one by one."""
    found = []
    while (shorter := _ENDING.sub("", core)) != core:
        found.append(shorter)
        core = shorter
    return found


def _aliases() -> dict[str, tuple[str, ...]]:
    written = document("models")["aliases"]
    return {
        spelling.squashed(text.casefold()): (ids,) if isinstance(ids, str) else tuple(ids)
        for text, ids in written.items()
    }


@cache
def known_builds() -> Builds:
    """Repositories with quantized or converted weights of the rows."""
    ids: dict[str, tuple[str, int]] = {}
    names: dict[str, tuple[str, ...]] = {}
    for position, row in enumerate(rows()):
        for repository in (*row.get("quantized_repos", ()), *row.get("gguf_repos", ())):
            whole = repository.casefold()
            ids[whole] = (repository, position)
            name = spelling.squashed(whole.rpartition("/")[2])
            names[name] = (*names.get(name, ()), repository)
    return Builds(ids, names)


def like(text: str) -> tuple[str, ...]:
    """Ids of the rows whose name has every word of ``text``, the shortest name first.

    None when the words are too few to tell models apart.
    """
    wanted = set(_TOKEN.findall(text))
    if len(wanted) < 2:  # noqa: PLR2004  # one word names a family, not a model
        return ()
    found = [row["id"] for row in rows() if wanted <= set(_TOKEN.findall(row["id"].casefold()))]
    return tuple(sorted(found, key=len)) if len(found) <= _MOST_CANDIDATES else ()


@cache
def quantizations() -> Mapping[str, str]:
    """The file format of every quantization by its id: safetensors, gguf or mlx."""
    return {row["id"]: row["family"] for row in core_part("quantizations")["quantizations"]}
