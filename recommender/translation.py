"""Chinese for sentences that were made in English, where no language is known.

What the probe, the readers of models and wrong input say is English: it stands in documents that
other machines read (``probe --json``) and that are shown elsewhere, in whichever language is
wanted there. Like gettext's, a translation is found by the English sentence itself, whose names and
numbers are holes; what fills a hole is translated where it is a sentence of its own.
"""

import re
from collections.abc import Mapping
from functools import cached_property

from recommender.facts.noun import noun

_HOLE = re.compile(r"\{([a-z0-9_]+)\}")
# In a file for a machine: comments, and what is said where something is missing.
_FOR_PEOPLE = re.compile(
    r"""(?<=[#] )(?![# ]).+(?=\n)|(?<=[#] {2})[^\n# ].*(?=\n)|(?<=:\?)[^}\n]+(?=\})"""
    r"""|(?<=echo ")[^"\n]+(?=" >&2)|(?<=throw ")[^"\n]+(?=")"""
)
# A part of a sentence that is put into another one, and so on: no sentence is deeper.
_DEEPEST = 4
# So many characters at the beginning or at the end of a sentence find its shapes.
_KEY = 3
# Holes that are filled with several names.
_LISTS = frozenset(("names", "others", "sizes", "values", "files", "limits", "kinds"))
# Holes that may be empty, and how they begin where they are not.
_TAILS = frozenset(("hint", "way", "sold", "own", "effect"))
_TAIL = r"(?:[;,] .*?| \(.*?|)"
_BETWEEN = re.compile(r"(?<=[.:]) ")


@noun
class Shape:
    """An English sentence with holes, and the Chinese one with the same holes."""

    english: str
    chinese: str

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """What stands between the holes, in order."""
        return tuple(_HOLE.split(self.english)[::2])

    @cached_property
    def weight(self) -> int:
        """How many characters are no hole: of two shapes that fit, the heavier one is meant."""
        return sum(map(len, self.literals))

    def values(self, sentence: str) -> dict[str, str] | None:
        """What fills the holes, if this is the shape of ``sentence``."""
        first, last = self.literals[0], self.literals[-1]
        if not (sentence.startswith(first) and sentence.endswith(last)):
            return None
        if not all(part in sentence for part in self.literals):
            return None
        found = self._pattern.fullmatch(sentence)
        return found.groupdict() if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = _HOLE.split(self.english)
        seen: set[str] = set()
        text = ""
        for literal, name in zip(parts[::2], [*parts[1::2], ""], strict=True):
            text += re.escape(literal)
            if name:
                filling = _TAIL if name in _TAILS else ".*?"
                text += f"(?P={name})" if name in seen else f"(?P<{name}>{filling})"
            seen.add(name)
        return re.compile(text, re.DOTALL)


class Translator:
    """Finds the Chinese of English sentences."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """``table`` is translations.yaml: Chinese by English."""
        self.table = table

    def __call__(self, sentence: str) -> str:
        """The sentence in Chinese, or as it is where no translation fits."""
        return self._whole(sentence, 0) or self._parts(sentence) or sentence

    def file(self, text: str) -> str:
        """A script or manifest with its comments, and what it says to people, in Chinese."""
        return _FOR_PEOPLE.sub(lambda found: self(found[0]), text)

    def _whole(self, sentence: str, depth: int) -> str | None:
        plain = self.table.get(sentence)
        if plain is not None and not _HOLE.search(plain):
            return plain
        for shape in self._candidates(sentence) if depth < _DEEPEST else ():
            values = shape.values(sentence)
            if values is not None:
                told = {name: self._filled(name, values[name], depth) for name in values}
                return _HOLE.sub(lambda hole, told=told: told[hole[1]], shape.chinese)  # type: ignore[misc]
        return None

    def _filled(self, name: str, value: str, depth: int) -> str:
        told = self._whole(value, depth + 1)
        if told is None and name in _LISTS:
            return value.replace(", ", "、")
        return value if told is None else told

    def _parts(self, text: str) -> str | None:
        """Several sentences, if each of them is known."""
        found = [self._whole(part, 1) for part in _BETWEEN.split(text)]
        return "".join(map(str, found)) if None not in found else None

    def _candidates(self, sentence: str) -> list[Shape]:
        """Shapes that begin or end as the sentence does, heaviest first."""
        keys = (("first", sentence[:_KEY]), ("last", sentence[-_KEY:]), ("", ""))
        found = [shape for key in keys for shape in self._index.get(key, ())]
        return sorted(found, key=lambda shape: -shape.weight)

    @cached_property
    def _index(self) -> dict[tuple[str, str], list[Shape]]:
        index: dict[tuple[str, str], list[Shape]] = {}
        for english, chinese in self.table.items():
            if _HOLE.search(english):
                shape = Shape(english=english, chinese=chinese)
                index.setdefault(_key(shape), []).append(shape)
        return index


def _key(shape: Shape) -> tuple[str, str]:
    first, last = shape.literals[0], shape.literals[-1]
    if len(first) >= _KEY:
        return ("first", first[:_KEY])
    return ("last", last[-_KEY:]) if len(last) >= _KEY else ("", "")
