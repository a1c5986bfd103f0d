"""What the folder of a site adds to the knowledge: plain data, checked, laid over the documents.

It holds nothing but mappings, lists, texts and numbers, so that another process can take it over.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from recommender.facts.noun import changed, noun
from recommender.overlay.addresses import Addresses

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
    addresses: Addresses | None = None

    def without_rules(self) -> "Overlay":
        """The same without its house rules."""
        return changed(self, requirements=(), rules=(), notices=(), hidden=())

    def document(self, name: str, installed: Mapping[str, Any]) -> Mapping[str, Any]:
        """A compiled document with what the site adds to it."""
        made: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "core": self._core,
            "accelerators": self._accelerators,
            "models": self._models,
            "hosts": self._hosts,
            "schedulers": self._schedulers,
            "conversions": self._conversions,
        }
        return made[name](installed) if name in made else installed

    def body(self, framework: Row, platform: str, installed: Row) -> Row:
        """A platform with the site's addresses and versions in its commands."""
        if self.addresses is None:
            return installed
        library = bool((framework.get("exposure") or {}).get("pulls"))
        key = f"{framework['id']}/{platform}"
        return self.addresses.platform(key, installed, own_library=library)

    def _accelerators(self, installed: Mapping[str, Any]) -> dict[str, Any]:
        rows = _with_rows(installed["accelerators"], self.accelerators, "name")
        # Spellings and look-ups of the build are those of its own rows.
        return {**_without(installed, "spellings"), "accelerators": rows}

    def _models(self, installed: Mapping[str, Any]) -> dict[str, Any]:
        rows = _with_rows(installed["models"], self.models, "id")
        return {**_without(installed, "index"), "models": rows}

    def _hosts(self, installed: Mapping[str, Any]) -> dict[str, Any]:
        return {**installed, "images": self._images(installed["images"], "name")}

    def _schedulers(self, installed: Mapping[str, Any]) -> dict[str, Any]:
        ray = {**installed["ray"], "image": self._image(installed["ray"]["image"])}
        return {**installed, "ray": ray, "images": self._images(installed["images"], "image")}

    def _conversions(self, installed: Mapping[str, Any]) -> dict[str, Any]:
        return {**installed, "image": self._image(installed["image"])}

    def _image(self, name: str) -> str:
        return self.addresses.image(name) if self.addresses else name

    def _images(self, rows: Sequence[Row], key: str) -> list[Row]:
        """What is known of images, by their names at the site, too."""
        own = self.addresses.own_names if self.addresses else {}
        named = [{**row, key: name} for row in rows for name in own.get(row[key], ())]
        mirrored = [{**row, key: self._image(row[key])} for row in rows]
        return [*rows, *(row for row in (*mirrored, *named) if row not in rows)]

    def _core(self, core: Mapping[str, Any]) -> dict[str, Any]:
        common = core["common"]
        hubs = {name: getattr(self.addresses, name, None) for name in ("models", "modelscope")}
        return {
            **core,
            "hubs": hubs,
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
