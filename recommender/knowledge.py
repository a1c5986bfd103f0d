"""Finds, loads and indexes what llmpick knows: read-only data, loaded once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from recommender.errors import InputError, nearest, printable
from recommender.facts import Conflict, Framework, Notice, Outline, Platform, Requirement, Rule
from recommender.facts.codec import decode
from recommender.facts.noun import noun
from recommender.knowledge_files import text
from recommender.named_site import overlay
from recommender.words import Words

if TYPE_CHECKING:
    from recommender.facts.cluster import Kubernetes
    from recommender.overlay import Overlay
    from recommender.translation import Translator

# The documents that a site may change; the others are read without it.
_TOUCHED = frozenset(("core", "accelerators", "models", "hosts", "schedulers", "conversions"))


@noun
class Knowledge:
    """The core of what is known: frameworks, rules, words; see docs/data-guidelines.md.

    ``document`` is core.json, ``read`` gives the text of the other compiled files by name.
    ``overlay`` is what a site adds; the document has it already.
    """

    document: Mapping[str, Any]
    read: Callable[[str], str]
    overlay: "Overlay | None" = None

    @property
    def without_house_rules(self) -> "Knowledge":
        """The same without what a site forbids, prefers or warns of."""
        if self.overlay is None:
            return self
        return overlaid(self.overlay.without_rules())

    @cached_property
    def frameworks(self) -> tuple[Framework, ...]:
        """The frameworks that are ranked with all that is known of them, by their ids."""
        return tuple(self._whole(item) for item in self._ranked.values())

    @cached_property
    def challengers(self) -> tuple[Framework, ...]:
        """Challengers and layers with all that is known of them, by their ids."""
        return tuple(self._whole(item) for item in self._challengers.values())

    @cached_property
    def heads(self) -> tuple[Framework, ...]:
        """The frameworks that are ranked without their platforms, which cost most to build."""
        return tuple(map(_head, self._ranked.values()))

    @cached_property
    def challenger_heads(self) -> tuple[Framework, ...]:
        """Challengers and layers without their platforms."""
        return tuple(map(_head, self._challengers.values()))

    @cached_property
    def titles(self) -> dict[str, str]:
        """What every framework, challenger and layer is called, by id."""
        every = {**self._ranked, **self._challengers}
        return {name: str(item["name"]) for name, item in every.items()}

    def outlines(self, framework: str) -> tuple[Outline, ...]:
        """What each platform of a framework drives."""
        known = self._outlines  # once: threads may each have made their own
        if framework not in known:
            platforms = self._named(framework)["platforms"]
            known[framework] = tuple(decode(Outline, item) for item in platforms)
        return known[framework]

    @cached_property
    def _outlines(self) -> dict[str, tuple[Outline, ...]]:
        return {}

    def platform(self, framework: str, platform: str) -> Platform:
        """One platform of a framework, without what only explanations show of it."""
        known, key = self._platforms, (framework, platform)
        if key not in known:
            platforms = self._named(framework)["platforms"]
            found = next(item for item in platforms if item["id"] == platform)
            known[key] = decode(Platform, self._body(framework, found))
        return known[key]

    @cached_property
    def _platforms(self) -> dict[tuple[str, str], Platform]:
        return {}

    def bodies(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every platform as it was compiled, by ``framework/platform``."""
        for name, head in {**self._ranked, **self._challengers}.items():
            for platform in head["platforms"]:
                yield f"{name}/{platform['id']}", self._body(name, platform)

    def _body(self, framework: str, platform: Mapping[str, Any]) -> Mapping[str, Any]:
        bodies = self._bodies if framework in self._ranked else self._challenger_bodies
        body: Mapping[str, Any] = json.loads(bodies[platform["line"]])
        if self.overlay is None:
            return body
        return self.overlay.body(self._named(framework), platform["id"], body)

    @cached_property
    def _bodies(self) -> list[str]:
        return self.read("platforms.jsonl").split("\n")

    @cached_property
    def _challenger_bodies(self) -> list[str]:
        return self.read("challengers.jsonl").split("\n")

    @cached_property
    def _details(self) -> Mapping[str, Any]:
        return json.loads(self.read("details.json"))  # type: ignore[no-any-return]

    def _whole(self, framework: Mapping[str, Any]) -> Framework:
        name = framework["id"]
        details = self._details[name]
        bodies = [
            {**self._body(name, platform), **details["platforms"][platform["id"]]}
            for platform in framework["platforms"]
        ]
        return decode(Framework, {**framework, "upkeep": details["upkeep"], "platforms": bodies})

    def _named(self, framework: str) -> Mapping[str, Any]:
        return self._ranked.get(framework) or self._challengers[framework]

    @cached_property
    def _ranked(self) -> dict[str, Mapping[str, Any]]:
        return _by_id(self.document["frameworks"])

    @cached_property
    def _challengers(self) -> dict[str, Mapping[str, Any]]:
        return _by_id(json.loads(self.read("challengers.json"))["frameworks"])

    @cached_property
    def speeds(self) -> Mapping[str, Any]:
        """What was measured of how fast engines are on classes of devices."""
        return json.loads(self.read("speed.json"))  # type: ignore[no-any-return]

    @cached_property
    def kubernetes(self) -> "Kubernetes":
        """What Kubernetes calls devices, and what their vendors' plugins do by themselves."""
        from recommender.facts.cluster import Kubernetes

        return decode(Kubernetes, json.loads(self.read("clusters.json"))["kubernetes"])

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Where the article and today's facts disagree."""
        return tuple(
            decode(Conflict, item) for item in json.loads(self.read("conflicts.json"))["conflicts"]
        )

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every scoring rule: the article's, the facts', the corrections."""
        files = ("recommendations", "workload", "corrections")
        return tuple(decode(Rule, item) for name in files for item in self.document[name]["rules"])

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Requirements of every platform that drives an accelerator."""
        return tuple(decode(Requirement, item) for item in self.document["common"]["requirements"])

    @cached_property
    def abilities(self) -> tuple[Requirement, ...]:
        """What the work asks of every platform, whatever it runs on."""
        return tuple(decode(Requirement, item) for item in self.document["common"]["abilities"])

    @cached_property
    def house_rules(self) -> tuple[Requirement, ...]:
        """What a site asks of every platform, whatever it runs on."""
        rows = self.document["common"].get("house", ())
        return tuple(decode(Requirement, item) for item in rows)

    @cached_property
    def candidate_notices(self) -> tuple[Notice, ...]:
        """What any candidate must say about its device or placement."""
        return tuple(decode(Notice, item) for item in self.document["common"]["notices"])

    @cached_property
    def choices(self) -> tuple[Notice, ...]:
        """Why a placement is as it is, one entry a choice."""
        return tuple(decode(Notice, item) for item in self.document["common"]["choices"])

    @cached_property
    def machine_notices(self) -> tuple[Notice, ...]:
        """What an answer must say about the machine or the wish as a whole."""
        return tuple(decode(Notice, item) for item in self.document["common"]["problems"])

    @property
    def situations(self) -> Mapping[str, Mapping[str, Any]]:
        """Conditions by name."""
        return self.document["situations"]["situations"]  # type: ignore[no-any-return]

    @cached_property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences by key and language, and what the use cases are called."""
        cases = self.vocabulary("use_cases").items()
        named = {f"use-case.{name}": labels for name, labels in cases}
        return {**self.document["words"]["words"], **named}

    def speak(self, lang: str) -> Words:
        """The sentences of one language."""
        return Words(table=self.words, lang=lang, chinese=lambda text: self.translator(text))  # noqa: PLW0108  # read when it is needed

    @cached_property
    def translator(self) -> "Translator":
        """What finds Chinese for sentences that were made in English."""
        from recommender.translation import Translator

        return Translator(table=json.loads(self.read("translations.json"))["sentences"])

    @property
    def date(self) -> str:
        """The day on which the facts were last read as a whole (ISO 8601)."""
        return str(self.document["date"])

    def vocabulary(self, name: str) -> Mapping[str, Mapping[str, str]]:
        """The words that a field of a workload may take: use_cases, priorities, features, ..."""
        return self.document["vocabulary"][name]  # type: ignore[no-any-return]

    def framework(self, name: str) -> Framework:
        """A framework, challenger or layer by id, name or alias, in any case.

        Raises:
            InputError: there is no such framework.
        """
        wanted = name.casefold()
        every = (*self.heads, *self.challenger_heads)
        for framework in every:
            spellings = (framework.id, framework.name, *framework.aliases)
            if wanted in (spelling.casefold() for spelling in spellings):
                return self._whole(self._named(framework.id))
        known = [framework.id for framework in every]
        hint = nearest(name, known) or f"; known are {', '.join(known)}"
        message = f"unknown framework '{printable(name)}'{hint}"
        raise InputError(message)


def _by_id(found: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {item["id"]: item for item in sorted(found, key=lambda item: str(item["id"]))}


def _head(framework: Mapping[str, Any]) -> Framework:
    return decode(Framework, {**framework, "platforms": ()})


@cache
def load() -> Knowledge:
    """The knowledge that this installation carries, with what LLMPICK_KNOWLEDGE_DIR names."""
    return overlaid(overlay())


def overlaid(own: "Overlay | None") -> Knowledge:
    """The installed knowledge with what a site adds, whatever LLMPICK_KNOWLEDGE_DIR names.

    Devices and models are looked up elsewhere: those are of the folder that is named there.
    """
    core = installed("core")
    whole = own.document("core", core) if own else core
    return Knowledge(document=whole, read=text, overlay=own)


@cache
def document(name: str) -> Mapping[str, Any]:
    """One compiled document: core, challengers, details, sources, models, ...

    Raises:
        InputError: the knowledge is missing or broken.
    """
    found = installed(name)
    own = overlay() if name in _TOUCHED else None
    return own.document(name, found) if own else found


@cache
def installed(name: str) -> dict[str, Any]:
    """One compiled document without what a site adds to it.

    Raises:
        InputError: the knowledge is missing or broken.
    """
    return json.loads(text(f"{name}.json"))  # type: ignore[no-any-return]
