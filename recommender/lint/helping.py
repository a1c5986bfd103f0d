"""Help says the same of every command, in both languages."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.lint.loaded import Loaded
from recommender.lint.texts import both_languages

_EXAMPLES = 3
_TOLD = (
    *("labels", "groups", "exits", "environment"),
    *("errors", "tools", "inputs", "questions"),
)
_PARTS = ("summary", "reads", "changes")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about help.yaml."""
    document = knowledge.help
    for part in (
        "labels",
        "groups",
        "exits",
        "environment",
        "errors",
        "tools",
        "inputs",
        "questions",
    ):
        for key, text in document[part].items():
            yield from both_languages(text, f"help: {part}.{key}")
    for name, said in document["options"].items():
        yield from _entry(said, f"help: options.{name}", document)
    for name, command in document["commands"].items():
        yield from _command(command, f"help: {name or 'llmpick'}", document)


def _command(command: Mapping[str, Any], where: str, document: Mapping[str, Any]) -> Iterator[str]:
    for part in _PARTS:
        yield from both_languages(command.get(part), f"{where}.{part}")
    if "about" in command:
        yield from both_languages(command["about"], f"{where}.about")
    if command.get("group", "decide") not in document["groups"]:
        yield f"{where}: no group is called {command['group']!r}"
    for name, said in command.get("options", {}).items():
        yield from _entry(said, f"{where} {name}", document)
    for name, said in command.get("arguments", {}).items():
        yield from _entry(said, f"{where} {name}", document, grouped=False)
    for code, said in command.get("exits", {}).items():
        if said or code not in document["exits"]:
            yield from both_languages(said, f"{where}.exits.{code}")
    yield from _examples(command.get("examples", ()), where)


def _examples(examples: Any, where: str) -> Iterator[str]:
    if len(examples) != _EXAMPLES:
        yield f"{where}: must have {_EXAMPLES} examples, not {len(examples)}"
    for number, example in enumerate(examples, 1):
        if not str(example.get("run", "")).startswith("llmpick"):
            yield f"{where}: example {number} must run llmpick"
        texts = {key: text for key, text in example.items() if key in {"en", "zh"}}
        yield from both_languages(texts, f"{where}: example {number}")


def _entry(
    said: Mapping[str, Any], where: str, document: Mapping[str, Any], *, grouped: bool = True
) -> Iterator[str]:
    texts = {key: text for key, text in said.items() if key not in {"group", "values"}}
    yield from both_languages(texts, where)
    if grouped and said.get("group") not in document["groups"]:
        yield f"{where}: no group is called {said.get('group')!r}"
