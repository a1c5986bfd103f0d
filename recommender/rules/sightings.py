"""Where causes are seen: in the probe's problems, at ways to install, by checks of knowledge."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.facts import Framework
from recommender.facts.checkup import Remedies, Remedy
from recommender.facts.noun import noun
from recommender.rules.conditions import holds
from recommender.rules.eligibility import told
from recommender.rules.question import Question
from recommender.rules.remedies import finding_facts, machine_facts, remedy_for, spare
from recommender.rules.situation import Group, Situation
from recommender.rules.ways import Cause, Way, ways

NO_BACKEND, _UNSURE = "device.no-backend", "unknown.facts"
# What joins several facts in a condition has no name that would tell anybody anything.
_JOINED = frozenset(("any", "all", "none", "holds"))


@noun
class Survey:
    """What is known before causes are judged. Ways go by their place in ``ways``.

    ``counted`` are those that matter: on the accelerators, on graphics of the processor's own only
    where there are no others; on the processor where nothing drives an accelerator; never on
    devices with a flaw beside others of their maker that serve: those are ``spare``. ``idle`` are
    the frameworks that drive none.
    """

    question: Question
    remedies: Remedies
    groups: tuple[Group, ...]
    frameworks: tuple[Framework, ...]
    known: Situation
    ways: tuple[Way, ...]
    counted: frozenset[int]
    spare: frozenset[int]
    idle: tuple[Framework, ...]


@noun
class Sighting:
    """A cause where it was seen: at a way, which it blocks, or for a framework, or just here."""

    cause: Cause
    facts: Situation
    remedy: Remedy | None = None
    place: int | None = None
    framework: str | None = None

    @property
    def kind(self) -> str:
        """What sightings of the same cause share."""
        if self.remedy:
            return self.remedy.id
        return ",".join(self.cause.facts) or self.cause.rule


@noun
class Draft:
    """The sightings that are one cause where they count, and all the ways that it blocks.

    ``own`` are those where the cause itself was seen; a remedy may know of more.
    """

    sightings: tuple[Sighting, ...]
    own: frozenset[int]
    blocked: frozenset[int]

    @property
    def first(self) -> Sighting:
        """The sighting that speaks for the others."""
        return self.sightings[0]

    @property
    def rule(self) -> str:
        """The id of its remedy; without one, the rule of its first cause."""
        return self.first.remedy.id if self.first.remedy else self.first.cause.rule


def survey_of(
    question: Question,
    groups: Sequence[Group],
    remedies: Remedies,
    frameworks: Sequence[Framework],
) -> Survey:
    """All ways to install the frameworks that are asked for, and which of them count."""
    known = question.base.extend(machine_facts(question.machine, groups))
    found = tuple(way for item in frameworks for way in ways(question, known, groups, item))
    driving = {way.framework.id for way in found if way.group.members or not groups}
    own = all(group.first.integrated for group in groups)
    spares = {p for p, way in enumerate(found) if spare(way.group, groups)}
    real = {p for p, way in enumerate(found) if way.group.members} - spares
    main = {p for p in real if own or not found[p].group.first.integrated}
    return Survey(
        question=question,
        remedies=remedies,
        groups=tuple(groups),
        frameworks=tuple(frameworks),
        known=known,
        ways=tuple(_known_way(way, remedies, known, groups) for way in found),
        counted=frozenset(main or real or set(range(len(found))) - spares),
        spare=frozenset(spares),
        idle=tuple(item for item in frameworks if item.id not in driving),
    )


def _known_way(way: Way, remedies: Remedies, known: Situation, groups: Sequence[Group]) -> Way:
    """A way with what the probe found wrong with devices of its maker, less what spares it."""
    facts = _with_problems(way, remedies, known).extend({"device.spare": spare(way.group, groups)})
    causes = tuple(cause for cause in way.causes if not _spares(cause, facts, remedies))
    return replace(way, facts=facts, causes=causes)


def _spares(cause: Cause, facts: Situation, remedies: Remedies) -> bool:
    remedy = remedy_for(cause, facts, remedies.remedies)
    known = facts.extend(finding_facts(cause))
    return remedy is not None and bool(remedy.spares and holds(remedy.spares, known) is True)


def _with_problems(way: Way, remedies: Remedies, known: Situation) -> Situation:
    rules = [rule.split(".", 2) for rule in known.fact("problem.rules") if rule.count(".") > 1]
    makers = ((remedies.readers.get(rule[1], rule[1]), rule[2]) for rule in rules)
    ends = [end for maker, end in makers if maker == way.group.first.vendor]
    return way.facts.extend({"device.problems": ends})


def drafts(survey: Survey) -> tuple[Draft, ...]:
    """One draft a cause; what is seen only at ways that do not count is left out."""
    kinds: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in (*_seen(survey), *_checked(survey)):
        kinds[sighting.kind].append(sighting)
    found = (_draft(kind, survey) for kind in kinds.values())
    return tuple(draft for draft in found if draft.sightings)


def _seen(survey: Survey) -> Iterator[Sighting]:
    for cause in (*_problems(survey), *_notices(survey), *_idle(survey)):
        yield _sighting(cause, survey.known, survey)
    for place, way in enumerate(survey.ways):
        for cause in way.causes:
            yield _sighting(cause, way.facts, survey, place=place)
    yield from _unsure(survey)


def _sighting(cause: Cause, facts: Situation, survey: Survey, place: int | None = None) -> Sighting:
    remedy = remedy_for(cause, facts, survey.remedies.remedies)
    return Sighting(cause=cause, facts=facts, remedy=remedy, place=place)


def _problems(survey: Survey) -> Iterator[Cause]:
    words = survey.question.words
    for problem in survey.question.machine.problems:
        yield Cause(
            rule=problem.rule or "machine.problem",
            text=words.said(problem.what),
            fix=words.said(problem.fix) if problem.fix else None,
            told=True,
        )


def _notices(survey: Survey) -> Iterator[Cause]:
    question = survey.question
    for reason in told(question.knowledge.machine_notices, survey.known, question.words):
        yield Cause(
            rule=reason.rule,
            text=reason.text,
            fix=reason.fix,
            source=reason.source,
            checked=reason.checked,
        )


def _idle(survey: Survey) -> Iterator[Cause]:
    """That frameworks have nothing for the devices here, all in one sentence."""
    if not survey.idle:
        return
    words = survey.question.words
    firsts = [group.first for group in survey.groups]
    devices = [first.name or first.chip or first.vendor or first.pci_id for first in firsts]
    advice = [_runs_on(survey, framework) for framework in survey.idle]
    names = [framework.name for framework in survey.idle]
    yield Cause(
        rule=NO_BACKEND,
        text=words.key(
            "doctor.no-backend", names=names, devices=devices or words.key("device.cpu")
        ),
        fix=words.key("value.semicolon").join(advice),
        source=survey.idle[0].source,
        checked=survey.idle[0].checked,
    )


def _runs_on(survey: Survey, framework: Framework) -> str:
    outlines = survey.question.knowledge.outlines(framework.id)
    words = survey.question.words
    platforms = list(dict.fromkeys(words.said(outline.name) for outline in outlines))
    return words.key("doctor.runs-on", name=framework.name, platforms=platforms)


def _unsure(survey: Survey) -> Iterator[Sighting]:
    """That requirements could not be checked, since the facts that they ask for are unknown."""
    unsure = [survey.ways[place] for place in sorted(survey.counted) if survey.ways[place].unsure]
    words = survey.question.words
    named = {name for way in unsure for name in way.unsure if words.has(f"fact.{name}")}
    names = sorted(words.show_fact(name) for name in named - _JOINED)
    cause = Cause(rule=_UNSURE, text=words.key("unknown.facts", names=names))
    for framework in dict.fromkeys(way.framework.id for way in unsure if names):
        yield Sighting(cause=cause, facts=survey.known, framework=framework)


def _checked(survey: Survey) -> Iterator[Sighting]:
    """What the checks of knowledge find: here as such, else at ways to install."""
    for check in survey.remedies.checks:
        cause = Cause(rule=check.id, text="")
        if holds(check.when, survey.known) is True:
            yield Sighting(cause=cause, facts=survey.known, remedy=check)
        else:
            yield from _checked_ways(check, cause, survey)


def _checked_ways(check: Remedy, cause: Cause, survey: Survey) -> Iterator[Sighting]:
    for way in (survey.ways[place] for place in sorted(survey.counted)):
        if holds(check.when, way.facts) is True:
            framework = way.framework.id
            yield Sighting(cause=cause, facts=way.facts, remedy=check, framework=framework)


def _draft(kind: Sequence[Sighting], survey: Survey) -> Draft:
    own = frozenset(sighting.place for sighting in kind if sighting.place is not None)
    seen = survey.counted | survey.spare
    told = tuple(s for s in kind if s.place is None or s.place in seen)
    remedy, more = kind[0].remedy, frozenset[int]()
    if remedy and remedy.blocks is not None:
        more = frozenset(p for p, way in enumerate(survey.ways) if _blocks(remedy, way, survey))
    return Draft(sightings=told, own=own, blocked=own | more)


def _blocks(remedy: Remedy, way: Way, survey: Survey) -> bool:
    # A check looks at each way for itself; the cause of a remedy was recognized before.
    stands = remedy not in survey.remedies.checks or holds(remedy.when, way.facts) is True
    return stands and holds(remedy.blocks or {}, way.facts) is True
