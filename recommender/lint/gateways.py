"""Gateways stand before frameworks that exist, and their programs take what their lines say."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from recommender.errors import InputError, nearest
from recommender.launch.gateways import FACTS
from recommender.lint import argv, conditions, texts
from recommender.lint.loaded import Loaded, nodes
from recommender.lint.option_lists import OptionList, load
from recommender.words import placeholders

_WORDS = {
    "health": frozenset(("checks", "passive")),
    "keys": frozenset(("each", "own", "passed", "shared")),
}
_LINES = ("serve", "joins")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about names that are unknown, lines that fail, and rows that are never reached."""
    document = dict(knowledge.gateways)
    yield from conditions.named({"gateways": document}, knowledge, FACTS)
    yield from texts.named({"gateways": document}, knowledge, FACTS)
    yield from _names(document)
    known = {framework["id"] for framework in knowledge.frameworks}
    for row in document["gateways"]:
        yield from _row(row, known)
        try:
            yield from _options(row, _list(knowledge, row))
        except InputError as error:
            yield str(error)
    rows = document["gateways"]
    for before, after in pairwise(rows):
        if after.get("takes") and not before.get("takes"):
            yield f"gateways: {after['id']} must stand before {before['id']}, which takes any"


def _names(document: Mapping[str, Any]) -> Iterator[str]:
    """Lines, files and packages name what is known of a gateway and its servers."""
    for where, node in nodes({"gateways": document}):
        values = [node.get("args"), node.get("word"), node.get("package"), node.get("secret")]
        values += node.get("row", {}).values()
        for value in values:
            yield from texts.known_names(value, where, FACTS)


def _row(row: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    where = f"gateways: {row['id']}"
    for framework in (*filter(None, [row.get("of")]), *row.get("takes", ())):
        if framework not in known:
            yield f"{where}: no framework is called {framework!r}{nearest(framework, known)}"
    for field, words in _WORDS.items():
        if row[field] not in words:
            yield f"{where}: {field} is {row[field]!r}, not one of {', '.join(sorted(words))}"
    if row.get("in_pods") and not row.get("alive"):
        yield f"{where}: a pod needs the path `alive`, which says that it runs"
    if row["keys"] == "each" and not row.get("key_env"):
        yield f"{where}: clients send a key of its own, so key_env has to name its variable"


def _list(knowledge: Loaded, row: Mapping[str, Any]) -> OptionList:
    """The options of a gateway's programs: those of its framework, where they come with it."""
    folder = knowledge.root / "options"
    own = folder / "gateways" / f"{row['id']}.json"
    return load(own if own.is_file() or not row.get("of") else folder / f"{row['of']}.json")


def _options(row: Mapping[str, Any], listed: OptionList) -> Iterator[str]:
    for line in (line for part in _LINES for line in row.get(part, ())):
        words = [word for step in line["steps"] for word in _words(step)]
        if words and words[0].startswith("{bin}"):
            words[0] = words[0].removeprefix("{bin}")
            yield from _started(row, listed, [_filled(word) for word in words])


def _started(row: Mapping[str, Any], listed: OptionList, words: list[str]) -> Iterator[str]:
    for name in sorted(listed.programs, key=len, reverse=True):
        start = name.split()
        if words[: len(start)] == start:
            rest = words[len(start) :]
            for found in argv.findings(listed, name, rest, row["version"], operands=False):
                yield f"gateways: {row['id']}: {found}"
            return
    yield f"gateways: {row['id']}: knowledge/options has no list of {words[0]!r}"


def _words(step: Mapping[str, Any]) -> list[str]:
    return [*step.get("args", "").split(), *([step["word"]] if "word" in step else [])]


def _filled(word: str) -> str:
    for name in placeholders(word):
        word = word.replace(f"{{{name}}}", argv.ANY)
    return word
