"""Sentences in English and Chinese, made from templates and facts."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from recommender.facts import Problem, Text
from recommender.facts.noun import changed, noun

LANGUAGES = ("en", "zh")
_NAME = re.compile(r"\{([a-z0-9_.]+)\}")
# Marks that have no blank beside them.
_MARKS = frozenset("、。〈〉《》「」『』【】（），：；？！")  # noqa: RUF001  # they are Chinese
_LAST = "\u2fff"  # before the first Chinese character
# What sentences count.
_COUNTED = (
    r"bit|core|day|device|file|layer|machine|model|node|point|rank|replica|request|run(?=s of)"
)
_ONE = rf"(?<![\w.,-])1 ((?:concurrent |such )?)({_COUNTED}|slice|stage|token|user)s\b"


@noun
class Words:
    """Speaks one language; ``table`` holds the sentences of words.yaml by key.

    ``chinese`` makes Chinese of a sentence that was made in English (translation.py).
    """

    table: Mapping[str, Mapping[str, str]]
    lang: str = "en"
    chinese: Callable[[str], str] = str

    def key(self, key: str, **values: Any) -> str:
        """The sentence of a key, its ``{name}`` replaced."""
        return self.fill(self.table[key][self.lang], values.get)

    def said(self, sentence: str) -> str:
        """A sentence of the probe, of a reader or of an error, in this language."""
        return self.chinese(sentence) if self.lang == "zh" else sentence

    def problem(self, problem: Problem) -> Problem:
        """A problem with its sentences in this language."""
        fix = self.said(problem.fix) if problem.fix else None
        return changed(problem, what=self.said(problem.what), fix=fix)

    def has(self, key: str) -> bool:
        """Whether there is a sentence for this key."""
        return key in self.table

    def text(self, text: Text, fact: Callable[[str], Any]) -> str:
        """A sentence of knowledge, its ``{name}`` replaced by facts."""
        return self.fill(text.zh if self.lang == "zh" else text.en, fact)

    def fix(self, fix: Text | str | None, fact: Callable[[str], Any]) -> str | None:
        """The advice of a requirement: its own sentence, or that of a key."""
        if fix is None:
            return None
        return self.key(f"fix.{fix}") if isinstance(fix, str) else self.text(fix, fact)

    def fill(self, template: str, value: Callable[[str], Any]) -> str:
        """``template`` with each ``{name}`` replaced; unknown values are said to be unknown."""
        text = replace_names(template, lambda name: self.show_value(name, value(name)))
        return _tight(text) if self.lang == "zh" else _singular(text)

    def show_value(self, name: str, value: Any) -> str:
        """The value of a named fact; software that is not there is none."""
        if name == "platform.name":
            return self.said(str(value))
        if name == "workload.use_case" and self.lang == "zh":
            return self.key(f"use-case.{value}")
        absent = value is False and name.startswith("driver.")
        return self.key("value.none") if absent else self.show(value)

    def show(self, value: Any) -> str:
        """A value as people write it: 24 instead of 24.0, lists with commas, None as unknown."""
        if value is None:
            return self.key("value.unknown")
        if value is False or value is True:
            return self.key("value.yes" if value else "value.no")
        if isinstance(value, float):
            return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.1f}"  # noqa: PLR2004
        if isinstance(value, (list, tuple)):
            return self.key("value.separator").join(self.show(item) for item in value)
        term = f"term.{value}"
        return self.key(term) if term in self.table else str(value)

    def labelled(self, label: str, text: str) -> str:
        """A label and what it labels."""
        return self.key("value.labelled", label=label, text=text)

    def noted(self, text: str, note: str) -> str:
        """A text with a note in brackets."""
        return self.key("value.noted", text=text, note=note)

    def show_fact(self, name: str) -> str:
        """What people call a fact; its own name where words.yaml has no other."""
        return self.key(f"fact.{name}") if self.has(f"fact.{name}") else name

    def wanted(self, test: Any) -> str:
        """What a test asks for, as part of a sentence: ``7.5 or newer``, ``one of a, b``."""
        if isinstance(test, Mapping):
            parts = [self._asked(name, value) for name, value in test.items()]
            return self.key("value.separator").join(parts)
        if isinstance(test, (list, tuple)) and len(test) > 1:
            return self.key("wanted.in", value=test)
        return self.show(test[0] if isinstance(test, (list, tuple)) else test)

    def _asked(self, name: str, value: Any) -> str:
        unknown = name == "known" and value is False
        return self.key("wanted.unknown" if unknown else f"wanted.{name}", value=value)


def _tight(text: str) -> str:
    """Chinese has blanks beside Latin alone; a template has them around names that may be either.

    A pattern with the range of Chinese characters would cost a start some milliseconds.
    """
    first, *rest = text.split(" ")
    told, left = [first], first[-1:]
    for part in rest:
        right = part[:1]
        close = left in _MARKS or right in _MARKS or (left > _LAST and right > _LAST)
        told.append(part if close else f" {part}")
        left = part[-1:]
    return "".join(told)


def _singular(text: str) -> str:
    """English has another form for one of a thing."""
    # A pattern costs a start a millisecond where it is compiled; few sentences count one.
    return re.sub(_ONE, r"1 \1\2", text) if "1 " in text else text


def replace_names(template: str, value: Callable[[str], str]) -> str:
    """``template`` with each ``{name}`` replaced once; braces in a value stay as they are."""
    return _NAME.sub(lambda match: value(match.group(1)), template)


def placeholders(template: str) -> tuple[str, ...]:
    """The names that a template replaces, in order."""
    return tuple(_NAME.findall(template))
