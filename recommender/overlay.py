"""What the folder of a site adds to the knowledge: plain data, checked, laid over the documents.

It holds nothing but mappings, lists, texts and numbers, so that another process can take it over.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from recommender.facts.noun import changed, noun

Row: TypeAlias = Mapping[str, Any]


@noun
class Overlay:
    """What a site adds and replaces; rows and rules are written out as in the compiled documents.

    ``accelerators`` and ``models`` are whole rows, which stand for those of the same name or id.
    ``requirements``, ``rules`` and ``notices`` are the house rules; ``hidden`` are ids of
    challengers and layers which these forbid whatever the machine and the work are.
    """

    folder: str
    accelerators: tuple[Row, ...] = ()
    models: tuple[Row, ...] = ()
    requirements: tuple[Row, ...] = ()
    rules: tuple[Row, ...] = ()
    notices: tuple[Row, ...] = ()
    hidden: tuple[str, ...] = ()

    def without_rules(self) -> "Overlay":
        """The same without its house rules."""
        return changed(self, requirements=(), rules=(), notices=(), hidden=())

    def document(self, name: str, installed: Mapping[str, Any]) -> dict[str, Any]:
        """A compiled document with what the site adds to it."""
        if name == "core":
            return self._core(installed)
        if name == "accelerators":
            rows = _with_rows(installed["accelerators"], self.accelerators, "name")
            # Spellings and look-ups of the build are those of its own rows.
            return {**_without(installed, "spellings"), "accelerators": rows}
        rows = _with_rows(installed["models"], self.models, "id")
        return {**_without(installed, "index"), "models": rows}

    def _core(self, core: Mapping[str, Any]) -> dict[str, Any]:
        common = core["common"]
        return {
            **core,
            "workload": {"rules": [*core["workload"]["rules"], *self.rules]},
            "common": {
                **common,
                "house": [*self.requirements],
                "notices": [*self.notices, *common["notices"]],
            },
            "consider": [row for row in core["consider"] if row["id"] not in self.hidden],
            "ladders": [self._ladder(ladder) for ladder in core["ladders"]],
        }

    def _ladder(self, ladder: Mapping[str, Any]) -> dict[str, Any]:
        """Models are proposed as the site knows them."""
        own = {row["id"]: row for row in self.models}
        return {**ladder, "models": [own.get(row["id"], row) for row in ladder["models"]]}


def _with_rows(installed: Sequence[Row], own: Sequence[Row], key: str) -> list[Row]:
    """New rows of a site first, the others in their place: of several that fit the first counts."""
    mine = {row[key]: row for row in own}
    known = {row[key] for row in installed}
    new = [row for row in own if row[key] not in known]
    return [*new, *(mine.get(row[key], row) for row in installed)]


def _without(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != key}
