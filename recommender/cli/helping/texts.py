"""The texts of knowledge/help.yaml in one language; nothing else of the command line reads it."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.cli import inputs
from recommender.facts.noun import noun
from recommender.knowledge import document
from recommender.words import replace_names


@noun
class Texts:
    """Speaks one language; ``document`` is that of help.yaml."""

    document: Mapping[str, Any]
    lang: str

    def say(self, part: str, key: str, **values: str) -> str:
        """A text of labels, groups, exits or errors, its ``{name}`` replaced."""
        text: str = self.document[part][key][self.lang]
        return replace_names(text, lambda name: values[name])

    def command(self, path: str) -> Mapping[str, Any]:
        """What is said of a command, by its words after llmpick; nothing of an unknown one."""
        found: Mapping[str, Any] = self.document["commands"].get(path, {})
        return found

    def option(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """What is said of an option: of that command's own, else of those that commands share."""
        own = self.command(path).get("options", {})
        every = ({**self.document["options"], **own}.get(name) for name in names)
        found: Mapping[str, Any] = next((item for item in every if item), {})
        return found

    def argument(self, path: str, name: str) -> Mapping[str, Any]:
        """What is said of an argument, by its metavar."""
        found: Mapping[str, Any] = self.command(path).get("arguments", {}).get(name, {})
        return found

    def of(self, item: Mapping[str, Any], key: str | None = None) -> str:
        """The text of an entry, or of one of its parts; empty where it has none."""
        found = item.get(key, {}) if key else item
        text: str = found.get(self.lang, "")
        return text


def texts(lang: str | None = None) -> Texts:
    """The texts in a language, else in that of this command line.

    Raises:
        InputError: the command line or the environment names a language that there is not.
    """
    language = lang or inputs.language(told(sys.argv[1:]))
    return Texts(document=document("help"), lang=language)


def told(arguments: Sequence[str]) -> str | None:
    """What ``--lang`` says anywhere in a command line: --help is answered before it is read."""
    for position, word in enumerate(arguments):
        if word == "--":
            return None
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
        if word == "--lang" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def without_language(arguments: Sequence[str]) -> list[str]:
    """A command line without ``--lang``, for those commands that have no such option."""
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*kept, word, *words]
        if word == "--lang":
            next(words, None)
        elif not word.startswith("--lang="):
            kept.append(word)
    return kept
