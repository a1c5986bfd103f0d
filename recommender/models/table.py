"""The rows of knowledge/models.yaml and the ways to look one up."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from recommender.facts import Model
from recommender.facts.codec import encode
from recommender.facts.noun import noun
from recommender.knowledge import document
from recommender.models import spelling
from recommender.models.rows import of_row, rows
from recommender.patterns import lazily

# Endings that people leave out when they name a model.
_ENDING = lazily(r"-(?:instruct|it|chat|hf|think|\d{4}|v\d+(?:-\d+)?|v)$")
_TUNED = lazily(r"-(?:instruct|it|chat)(?=-)")
_TOKEN = lazily(r"a?\d+(?:\.\d+)?[bm](?![a-z])|[a-z]+|\d+")
_MOST_CANDIDATES = 8


@noun
class Index:
    """Look-ups by text; values are positions of rows, keys in lower case.

    ``ids`` has whole repository ids, ``tags`` those of Ollama. ``names``, ``short`` and ``aliases``
    have squashed names: exact ones, ones without the endings that people leave out, and other words
    for them. ``cores`` has the names in the order of the rows, with dashes.
    """

    ids: Mapping[str, int]
    tags: Mapping[str, int]
    names: Mapping[str, int]
    short: Mapping[str, int]
    aliases: Mapping[str, tuple[str, ...]]
    cores: tuple[str, ...]


@noun
class Builds:
    """Known repositories with other builds: by id in lower case, and by squashed name."""

    ids: Mapping[str, tuple[str, int]]
    names: Mapping[str, tuple[str, ...]]


def core_part(name: str) -> Mapping[str, Any]:
    """One part of the core knowledge: quantizations."""
    return document("core")[name]  # type: ignore[no-any-return]


@cache
def model(position: int) -> Model:
    """One row as a model; its name is the last part of its id."""
    return of_row(rows()[position])


@cache
def index() -> Index:
    """All look-ups over the rows: those of the build, or made of the rows in a checkout."""
    read = document("models")
    made = read.get("index")
    if made is None:
        return _indexed(read["models"], read["aliases"])
    aliases = {text: tuple(ids) for text, ids in made["aliases"].items()}
    return Index(**{**made, "aliases": aliases, "cores": tuple(made["cores"])})


def with_index(compiled: str) -> str:
    """The compiled table with its look-ups, which take longer to make than to read."""
    table = json.loads(compiled)
    table["index"] = encode(_indexed(table["models"], table["aliases"]))
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))


def _indexed(every: Sequence[Mapping[str, Any]], written: Mapping[str, str | list[str]]) -> Index:
    ids: dict[str, int] = {}
    tags: dict[str, int] = {}
    names: dict[str, int] = {}
    short: dict[str, int] = {}
    cores = []
    for position, row in enumerate(every):
        whole = row["id"].casefold()
        core = _core(whole.rpartition("/")[2])
        cores.append(core)
        ids[whole] = position
        tags[row.get("ollama_tag", whole).casefold()] = position
        for text in (whole.rpartition("/")[2], core, whole):
            names.setdefault(spelling.squashed(text), position)
        for text in _shortened(core):
            short.setdefault(spelling.squashed(text), position)
    ids.update(
        {
            a.casefold(): ids[to.casefold()]
            for a, to in written.items()
            if isinstance(to, str) and "/" in a
        }
    )
    return Index(
        ids=ids,
        tags=tags,
        names=names,
        short=short,
        aliases=_aliases(written),
        cores=tuple(cores),
    )


def _core(name: str) -> str:
    """The name without its words for a quantization, which few rows have."""
    if any(word in name for word in ("bf16", "fp8", "fp16", "int4", "gguf", "mxfp4")):
        return spelling.read(name).core
    return spelling.dashed(name)


def _shortened(core: str) -> list[str]:
    """``llama-3-3-70b-instruct`` without its endings, one by one."""
    # Base models lack the word in the middle that tuned ones have: mistral-7b-instruct-v0-1.
    found = [_TUNED.sub("", core)] if _TUNED.search(core) else []
    while (shorter := _ENDING.sub("", core)) != core:
        found.append(shorter)
        core = shorter
    return found


def _aliases(written: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    return {
        spelling.squashed(text.casefold()): (ids,) if isinstance(ids, str) else tuple(ids)
        for text, ids in written.items()
        if "/" not in text
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
    return Builds(ids=ids, names=names)


def like(text: str) -> tuple[str, ...]:
    """Ids of the rows whose name has every word of ``text``, the shortest name first.

    There are none when the words are too few to tell models apart.
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
