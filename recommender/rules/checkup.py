"""Everything that stands between this machine and the frameworks, the worst first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from recommender.facts import Framework
from recommender.facts.checkup import Block, Finding, Obstacle, Remedies, Standing
from recommender.rules.question import Question
from recommender.rules.remedies import (
    advice,
    commands,
    contained,
    finding_facts,
    rank_without_blocks,
)
from recommender.rules.sightings import NO_BACKEND, Draft, Survey, drafts, survey_of
from recommender.rules.situation import Group
from recommender.rules.ways import Cause, Way

SEVERITIES = ("error", "warning", "hint")
_ENGINES = ("docker.", "container.")


def examine(
    question: Question,
    groups: Sequence[Group],
    remedies: Remedies,
    frameworks: Sequence[Framework],
) -> tuple[tuple[Finding, ...], tuple[Standing, ...]]:
    """Findings, the worst first, and how each framework stands on each of its platforms here.

    Args:
        question: the machine, the work and all knowledge.
        groups: the accelerators here, equal ones together.
        remedies: what knowledge can mend.
        frameworks: those that are asked for.

    """
    survey = survey_of(question, groups, remedies, frameworks)
    found = drafts(survey)
    fatal = frozenset(_fatal(survey, found))
    findings = [_finding(draft, survey, _severity(draft, survey, fatal)) for draft in found]
    return tuple(sorted(findings, key=_order)), tuple(_standings(survey, found))


def _order(finding: Finding) -> tuple[int, int, int, str]:
    reach = len({block.framework for block in finding.blocks})
    # An engine is of no use before what its images need themselves.
    kind = int(finding.rule.startswith(_ENGINES)) if finding.blocks else 2
    return SEVERITIES.index(finding.severity), kind, -reach, finding.rule


def _fatal(survey: Survey, found: Sequence[Draft]) -> Iterator[str]:
    """Rules of what keeps every framework from a kind of device.

    What can be mended counts where that is all that is in the way of some.
    """
    lasting = [draft for draft in found if draft.first.remedy and draft.first.remedy.lasting]
    for places in _dead(survey, found):
        left = places.difference(*(draft.blocked for draft in lasting))
        guilty = [draft for draft in found if draft not in lasting] if left else lasting
        yield from _least(guilty, left or places)


def _least(guilty: Sequence[Draft], places: frozenset[int]) -> frozenset[str]:
    """The rules whose mending opens a way where the fewest must be mended.

    Where several ways need as few, those that all of them need; if there are none, all of them.
    """
    needed = [frozenset(draft.rule for draft in guilty if p in draft.blocked) for p in places]
    few = min(map(len, filter(None, needed)), default=0)
    least = [rules for rules in needed if rules and len(rules) == few]
    return (
        frozenset.intersection(*least) or frozenset[str]().union(*least) if least else frozenset()
    )


def _dead(survey: Survey, found: Sequence[Draft]) -> Iterator[frozenset[int]]:
    """The ways on each kind of device that nothing can use, or all where nothing can run."""
    failed = (place for place, way in enumerate(survey.ways) if way.causes)
    blocked = frozenset(failed).union(*(draft.blocked for draft in found))
    if survey.ways and blocked >= frozenset(range(len(survey.ways))):
        yield survey.counted
    for group in survey.groups:
        places = frozenset(p for p in survey.counted if survey.ways[p].group == group)
        if places and places <= blocked:
            yield places


def _severity(draft: Draft, survey: Survey, fatal: frozenset[str]) -> str:
    if draft.rule == NO_BACKEND:
        return "error" if len(survey.idle) == len(survey.frameworks) else "hint"
    if draft.first.remedy and draft.first.remedy.mild:
        return "hint"
    if draft.rule in fatal:
        return "error"
    if draft.blocked & survey.counted:
        return "warning"
    remedy = draft.first.remedy
    return (remedy and remedy.severity) or rank_without_blocks(draft.rule, survey.remedies)


def _finding(draft: Draft, survey: Survey, severity: str) -> Finding:
    first, words = draft.first, survey.question.words
    remedy, cause = first.remedy, first.cause
    facts = first.facts.extend(finding_facts(cause))
    what = words.text(remedy.text, facts.fact) if remedy else cause.text
    fixes = {sighting.cause.fix for sighting in draft.sightings}
    fix = words.fix(advice(remedy, facts), facts.fact) if remedy else None
    if fix is None and len(fixes) == 1:
        fix = cause.fix
    if fix and remedy and remedy.host and contained(facts):
        fix = words.key("doctor.on-the-host", fix=fix)
    blocked = [survey.ways[place] for place in sorted(draft.blocked & survey.counted)]
    return Finding(
        rule=draft.rule,
        severity=severity,
        what=what,
        frameworks=_frameworks(draft, blocked, survey),
        blocks=tuple(dict.fromkeys(map(_block, blocked))),
        details=tuple(t for t in _details(draft, survey, fixes=fix is None) if t != what),
        fix=fix,
        commands=commands(remedy, survey.remedies, facts) if remedy else (),
        rules=tuple(sorted({sighting.cause.rule for sighting in draft.sightings})),
        source=remedy.source if remedy else cause.source,
        checked=remedy.checked if remedy else cause.checked,
    )


def _frameworks(draft: Draft, blocked: Sequence[Way], survey: Survey) -> tuple[str, ...]:
    if draft.rule == NO_BACKEND:
        return tuple(framework.id for framework in survey.idle)
    seen = [way.framework.id for way in blocked]
    named = [sighting.framework for sighting in draft.sightings if sighting.framework]
    return tuple(dict.fromkeys(seen or named))


def _block(way: Way) -> Block:
    return Block(framework=way.framework.id, platform=way.platform.id, method=way.method)


def _details(draft: Draft, survey: Survey, *, fixes: bool) -> tuple[str, ...]:
    """What exactly was found: all of it where no remedy puts it in plain words."""
    remedy = draft.first.remedy
    causes = [sighting.cause for sighting in draft.sightings]
    kept = [cause for cause in causes if cause.told or remedy is None or remedy.explain]
    alike: dict[tuple[str, str | None], list[Cause]] = defaultdict(list)
    for cause in kept:
        alike[cause.bare or cause.text, cause.fix if fixes else None].append(cause)
    return tuple(
        f"{_told(same, text, survey)} → {fix}" if fix else _told(same, text, survey)
        for (text, fix), same in alike.items()
        if text
    )


def _told(causes: Sequence[Cause], text: str, survey: Survey) -> str:
    """What causes that are alike say: once, with all that it is about."""
    names = list(dict.fromkeys(cause.subject for cause in causes if cause.subject))
    if len({cause.text for cause in causes}) == 1:
        return causes[0].text
    return f"{survey.question.words.show(names)}: {text}"


def _standings(survey: Survey, found: Sequence[Draft]) -> Iterator[Standing]:
    for framework in survey.frameworks:
        own = (p for p, way in enumerate(survey.ways) if way.framework.id == framework.id)
        places = [place for place in own if place not in survey.spare]
        kinds: dict[tuple[tuple[bool, int], str], list[int]] = defaultdict(list)
        for place in places:
            kinds[_device(survey, place), survey.ways[place].platform.id].append(place)
        if not kinds:
            yield Standing(framework=framework.id, name=framework.name)
        for _, same in sorted(kinds.items(), key=lambda item: item[0][0]):
            yield _standing(survey, found, same)


def _device(survey: Survey, place: int) -> tuple[bool, int]:
    """Sorts accelerators before the graphics of a processor, and those before the processor."""
    group = survey.ways[place].group
    if not group.members:
        return True, len(survey.groups)
    return group.first.integrated is True, survey.groups.index(group)


def _standing(survey: Survey, found: Sequence[Draft], places: Sequence[int]) -> Standing:
    blocked = [obstacle for place in places for obstacle in _obstacles(survey, found, place)]
    closed = {obstacle.method for obstacle in blocked}
    methods = tuple(m for p in places if (m := survey.ways[p].method) not in closed)
    first = survey.ways[places[0]]
    return Standing(
        framework=first.framework.id,
        name=first.framework.name,
        platform=first.platform.id,
        device=first.group.first.name,
        kind="accelerator" if first.group.members else "cpu",
        ready=bool(methods),
        methods=methods,
        blocked=tuple(blocked),
    )


def _obstacles(survey: Survey, found: Sequence[Draft], place: int) -> Iterator[Obstacle]:
    way, words = survey.ways[place], survey.question.words
    for cause in way.causes:
        yield Obstacle(method=way.method, rule=cause.rule, text=cause.text, fix=cause.fix)
    for draft in found:
        remedy = draft.first.remedy
        if remedy and place in draft.blocked - draft.own:
            known = draft.first.facts.fact
            text = words.text(remedy.text, known)
            fix = words.fix(advice(remedy, draft.first.facts), known)
            yield Obstacle(method=way.method, rule=draft.rule, text=text, fix=fix)
