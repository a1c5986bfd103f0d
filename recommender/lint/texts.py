"""Every sentence exists in both languages and names facts that exist; advice by key exists."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import nearest
from recommender.lint.loaded import Loaded, nodes
from recommender.rules.names import names
from recommender.words import placeholders

_SENTENCES = ("text", "fix", "summary", "claim", "today", "effect")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about the texts of everything but remedies, translations included."""
    for key, text in knowledge.words.items():
        yield from both_languages(text, f"words: {key}")
    for english, chinese in knowledge.translations.get("sentences", {}).items():
        if set(placeholders(english)) != set(placeholders(str(chinese))):
            yield f"translations: {english!r}: the Chinese has other names in braces"
    documents = {**knowledge.core, "conflicts": dict(knowledge.conflicts)}
    yield from named(documents, knowledge, names())


def named(document: Any, knowledge: Loaded, known: frozenset[str]) -> Iterator[str]:
    """Sentences about the texts in ``document``, which may name the ``known`` facts."""
    for where, node in nodes(document):
        for key in _SENTENCES:
            value = node.get(key)
            if isinstance(value, Mapping):
                yield from both_languages(value, f"{where}.{key}")
                yield from known_names(value.get("en", ""), f"{where}.{key}", known)
            elif key == "fix" and isinstance(value, str) and f"fix.{value}" not in knowledge.words:
                yield f"{where}: no advice is called {value!r} (words.yaml: fix.{value})"


def both_languages(text: Any, where: str) -> Iterator[str]:
    """A sentence if ``text`` lacks a language, or its languages name different facts."""
    if not isinstance(text, Mapping) or set(text) != {"en", "zh"}:
        yield f"{where}: must have exactly en and zh"
    elif sorted(placeholders(str(text["en"]))) != sorted(placeholders(str(text["zh"]))):
        yield f"{where}: en and zh name different facts"


def known_names(text: object, where: str, known: frozenset[str]) -> Iterator[str]:
    """A sentence for each name in ``text`` that is no fact."""
    for name in placeholders(str(text)):
        if name not in known:
            yield f"{where}: no fact is called {name!r}{nearest(name, known)}"
