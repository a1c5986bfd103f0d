"""House rules: frameworks that a site forbids, asks for, prefers or warns of."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.errors import nearest, printable
from recommender.facts.answer import SITE
from recommender.facts.noun import noun
from recommender.rules.conditions import holds, names
from recommender.rules.situation import Situation
from recommender.site.checks import Findings
from recommender.site.conditions import Conditions
from recommender.site.tree import Node
from recommender.words import placeholders

FORMS = ("never", "only", "never_license", "only_license", "require", "points", "warn")
_BESIDE = ("because", "when", "fix", "framework", "id")
_ID = re.compile("[a-z0-9][a-z0-9.-]{0,60}")
_MOST_POINTS = 1000


@noun
class Known:
    """What house rules may speak of: heads of frameworks, and sentences by key and language."""

    heads: tuple[Mapping[str, Any], ...]
    words: Mapping[str, Mapping[str, str]]


@noun
class House:
    """House rules as rows of the compiled documents; ``hidden`` are forbidden challengers by id."""

    requirements: tuple[Mapping[str, Any], ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    notices: tuple[Mapping[str, Any], ...] = ()
    hidden: tuple[str, ...] = ()


class Rules:
    """Reads the rules of a site."""

    def __init__(self, known: Known, conditions: Conditions, findings: Findings) -> None:
        """``known`` is what rules may speak of; mistakes go to ``findings``."""
        self._known, self._conditions, self._findings = known, conditions, findings
        self._lines: dict[str, Node] = {}

    def read(self, nodes: Sequence[Node]) -> House:
        """Every rule, as what it becomes."""
        made: dict[str, list[dict[str, Any]]] = {"requirements": [], "rules": [], "notices": []}
        for node in nodes:
            given = self._findings.mapping(node, (*FORMS, *_BESIDE))
            form = self._form(node, given)
            if form is not None:
                part = {"points": "rules", "warn": "notices"}.get(form, "requirements")
                made[part].append(self._made(form, node, given))
        parts = {part: tuple(rows) for part, rows in made.items()}
        return House(**parts, hidden=self._hidden(made["requirements"]))

    def _form(self, node: Node, given: Mapping[str, Node]) -> str | None:
        forms = [form for form in FORMS if form in given]
        if len(forms) != 1:
            every = ", ".join(FORMS)
            self._findings.add(node, f"a rule has one of {every}; this one has {len(forms)}")
            return None
        if "framework" in given and forms[0] not in {"points", "warn"}:
            self._findings.add(given["framework"], f"framework does not go with {forms[0]}")
        return forms[0]

    def _made(self, form: str, node: Node, given: Mapping[str, Node]) -> dict[str, Any]:
        row: dict[str, Any] = {
            "rule": self._id(node, given),
            "layer": SITE,
            "source": node.place,
            "checked": None,
        }
        row["text"] = self._text(form, node, given)
        if "fix" in given:
            row["fix"] = self._spoken(given["fix"])
        when = self._conditions.read(given["when"]) if "when" in given else {}
        if form == "points":
            points = self._findings.number(given["points"], -_MOST_POINTS, _MOST_POINTS)
            return {**row, "points": points or 0, "when": self._about(given, when)}
        if form == "warn":
            return {**row, "when": self._about(given, when)}
        needs = self._needs(form, given[form])
        return {**row, "needs": {"any": [{"none": [when]}, needs]} if when else needs}

    def _id(self, node: Node, given: Mapping[str, Node]) -> str:
        stem = re.sub("[^a-z0-9]+", "-", node.file.rpartition(".")[0].casefold()).strip("-")
        name = f"{stem or 'rule'}.{node.line}"
        if "id" in given:
            name = self._findings.text(given["id"]) or name
            if not _ID.fullmatch(name):
                what = f"the id '{printable(name)}' has other signs than a-z, 0-9, . and -"
                self._findings.add(given["id"], what)
            if name in self._lines:
                first = self._lines[name].place
                self._findings.add(given["id"], f"the id '{printable(name)}' is that of {first}")
        self._lines[name] = node
        return f"{SITE}.{name}"

    def _about(self, given: Mapping[str, Node], when: Mapping[str, Any]) -> dict[str, Any]:
        """The condition of a rule about the frameworks that it names, or about all of them."""
        if "framework" not in given:
            return dict(when)
        named = {"framework.id": self._frameworks(given["framework"])}
        return {**named, "all": [dict(when)]} if when else named

    def _needs(self, form: str, node: Node) -> dict[str, Any]:
        if form == "require":
            return self._conditions.read(node)
        if form in {"never", "only"}:
            operator = "not_in" if form == "never" else None
            names = self._frameworks(node)
            return {"framework.id": {operator: names} if operator else names}
        pattern = "|".join(map(_license, self._findings.several(node)))
        named = {"framework.license": {"matches": pattern}}
        return {"none": [named]} if form == "never_license" else named

    def _frameworks(self, node: Node) -> list[str]:
        """The ids of the frameworks that somebody names by id, name or alias."""
        spellings = {
            str(name).casefold(): str(head["id"])
            for head in self._known.heads
            for name in (*head.get("aliases", ()), head["name"], head["id"])
        }
        found = []
        for text in self._findings.several(node):
            name = spellings.get(text.casefold())
            if name is None:
                ids = [str(head["id"]) for head in self._known.heads]
                hint = (
                    nearest(text, ids)
                    or nearest(text, spellings)
                    or f"; known are {', '.join(ids)}"
                )
                self._findings.add(node, f"there is no framework '{printable(text)}'{hint}")
            else:
                found.append(name)
        return found

    def _text(self, form: str, node: Node, given: Mapping[str, Node]) -> dict[str, str]:
        """The sentence in both languages, which begins with where the rule stands."""
        because = (
            self._spoken(given["warn" if form == "warn" else "because"])
            if (form == "warn" or "because" in given)
            else None
        )
        key = f"site.{form}" if because is None or form == "warn" else f"site.{form}.because"
        told = self._known.words[key if key in self._known.words else f"site.{form}"]
        return {
            lang: template.replace("{source}", node.place).replace(
                "{because}", because[lang] if because else ""
            )
            for lang, template in told.items()
        }

    def _spoken(self, node: Node) -> dict[str, str]:
        """A text of the site, in one language or in both; what it names in braces are facts."""
        if isinstance(node.value, dict):
            given = self._findings.mapping(node, ("en", "zh"))
            texts = {lang: self._findings.text(inner) or "" for lang, inner in given.items()}
            if set(texts) != {"en", "zh"}:
                self._findings.add(node, "give one text, or both en and zh")
        else:
            text = self._findings.text(node) or ""
            texts = {"en": text, "zh": text}
        for name in {name for text in texts.values() for name in placeholders(text)}:
            if not self._conditions.fact(name):
                self._findings.add(node, f"there is no fact '{printable(name)}' to fill in")
        return {lang: texts.get(lang, "") for lang in ("en", "zh")}

    def _hidden(self, requirements: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        """Challengers and layers that are forbidden whatever the machine is and the work."""
        if len(self._findings):
            return ()
        always = [row["needs"] for row in requirements if _is_of_heads(row["needs"])]
        return tuple(
            str(head["id"])
            for head in self._known.heads
            if any(holds(needs, _about(head)) is False for needs in always)
        )


_OF_HEADS = ("id", "name", "role", "status", "license")


def _is_of_heads(needs: Mapping[str, Any]) -> bool:
    """Whether a condition asks for nothing but what is so of a framework wherever it runs."""
    facts = {f"framework.{name}" for name in _OF_HEADS}
    return "holds" not in str(needs) and facts.issuperset(names(needs, _about({})))


def _about(head: Mapping[str, Any]) -> Situation:
    """What is so of a framework wherever it runs."""
    whole = {"role": "framework", **head}
    values = {f"framework.{name}": whole.get(name) for name in _OF_HEADS}
    return Situation(values=values, situations={})


def _license(text: str) -> str:
    """A pattern for a licence and its versions: GPL is GPL-3.0-only, and neither LGPL nor AGPL."""
    return rf"(?<![\w-]){re.escape(text)}(?!\w)"
