"""Every way to install every framework on what is here, and what is known to block it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recommender.facts import Framework, Method, Platform, Reason, Requirement
from recommender.facts.noun import noun
from recommender.rules.candidates import Scored, candidate
from recommender.rules.conditions import failures, holds
from recommender.rules.eligibility import Trial, judge, title
from recommender.rules.question import Question
from recommender.rules.situation import Group, Situation, device_facts, framework_facts
from recommender.versions import parts
from recommender.words import Words

# Facts of a way to install, besides those of its platform, device and placement.
FACTS = frozenset(("method.id", "method.python", "method.python_fits", "device.problems"))


@noun
class Cause:
    """Something that is wrong: a problem of the machine, or a requirement that failed.

    ``advice`` is the key of its fix in words.yaml, ``facts`` are those that failed it, ``told``
    says that its sentence is the probe's own. ``subject`` is the framework that it is about, and
    ``bare`` its sentence without that.
    """

    rule: str
    text: str
    fix: str | None = None
    advice: str | None = None
    facts: tuple[str, ...] = ()
    told: bool = False
    subject: str | None = None
    bare: str | None = None
    source: str | None = None
    checked: str | None = None


@noun
class Way:
    """One way to install one platform of a framework on one kind of device."""

    framework: Framework
    platform: Platform
    group: Group
    method: str
    facts: Situation
    causes: tuple[Cause, ...] = ()
    unsure: tuple[str, ...] = ()


def ways(
    question: Question, known: Situation, groups: Sequence[Group], framework: Framework
) -> Iterator[Way]:
    """All ways of one framework on the accelerators here and on the processor.

    Args:
        question: the machine, the work and all knowledge.
        known: facts about the machine and the work.
        groups: the accelerators here, equal ones together.
        framework: one of those that knowledge has.

    """
    # With accelerators the processor is a way out only where something is known of the host.
    hosts = () if groups and known.fact("ram_gib") is None else (Group(),)
    for outline in question.knowledge.outlines(framework.id):
        for group in (*groups, *hosts):
            facts = known.extend(device_facts(group))
            if holds(outline.device, facts) is True:
                platform = question.knowledge.platform(framework.id, outline.id)
                yield from _ways(question, framework, platform, group, facts)


def _ways(
    question: Question, framework: Framework, platform: Platform, group: Group, facts: Situation
) -> Iterator[Way]:
    facts = facts.extend(framework_facts(framework, platform))
    trial = Trial(framework=framework, platform=platform, group=group, facts=facts)
    known = question.knowledge
    common = (*known.house_rules, *(known.requirements if group.members else ()))
    whole = judge(_with(trial, methods={}), common, question.words)
    placed = candidate(question, trial) if whole.runs else ()
    unplaced = () if isinstance(placed, Scored) else placed
    facts = placed.facts if isinstance(placed, Scored) else facts
    shared = (*_causes(whole.failed, (*common, *platform.requires), facts), *map(_plain, unplaced))
    for name, method in platform.methods.items():
        alone = judge(_with(trial, requires=(), methods={name: method}), (), question.words)
        yield Way(
            framework=framework,
            platform=platform,
            group=group,
            method=name,
            facts=facts.extend(_way_facts(name, method, facts)),
            causes=tuple(
                _about(cause, framework, platform, question.words)
                for cause in (*shared, *_causes(alone.failed, method.requires, facts))
            ),
            unsure=whole.unsure,
        )


def _about(cause: Cause, framework: Framework, platform: Platform, words: Words) -> Cause:
    # A reason begins with what it is about, as eligibility writes it.
    about = words.labelled(title(framework, platform, words), "")
    return replace(cause, subject=framework.name, bare=cause.text.removeprefix(about))


def _with(trial: Trial, **changes: Any) -> Trial:
    """The trial of a platform of which only a part is asked."""
    return replace(trial, platform=replace(trial.platform, **changes))


def _way_facts(name: str, method: Method, facts: Situation) -> Mapping[str, Any]:
    here = (parts(facts.fact("python.version") or "") or ())[:2]
    fits = here in map(parts, method.pythons) if here and method.pythons else None
    return {
        "method.id": name,
        "method.python": method.pythons[0] if method.pythons else None,
        "method.python_fits": fits,
    }


def _causes(
    failed: Sequence[Reason], needs: Sequence[Requirement], facts: Situation
) -> tuple[Cause, ...]:
    known = {need.rule: need for need in needs}
    return tuple(_cause(reason, known[reason.rule], facts) for reason in failed)


def _cause(reason: Reason, need: Requirement, facts: Situation) -> Cause:
    failing = {name: need.needs[name] for name in failures(need.needs, facts)}
    return replace(
        _plain(reason),
        advice=need.fix if isinstance(need.fix, str) else None,
        facts=tuple(dict.fromkeys(_named(failing))),
    )


def _plain(reason: Reason) -> Cause:
    return Cause(
        rule=reason.rule,
        text=reason.text,
        fix=reason.fix,
        source=reason.source,
        checked=reason.checked,
    )


def _named(condition: Mapping[str, Any]) -> Iterator[str]:
    """The facts that a condition asks for, at any depth; situations are not opened."""
    for name, test in condition.items():
        if name in {"all", "any", "none"}:
            for inner in test:
                yield from _named(inner)
        elif name != "holds":
            yield name
