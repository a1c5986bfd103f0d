"""The whole decision: every framework ranked, or rejected with all its reasons."""

from collections.abc import Iterator, Sequence

from recommender.facts import Framework, Outline, Platform, Reason, Requirement
from recommender.facts.noun import changed, noun
from recommender.rules import score
from recommender.rules.candidates import Scored, candidate
from recommender.rules.close import with_close_call
from recommender.rules.conditions import holds
from recommender.rules.eligibility import Trial, judge
from recommender.rules.labels import no_backend
from recommender.rules.question import Question
from recommender.rules.situation import (
    WSL2_FACTS,
    Group,
    Situation,
    device_facts,
    framework_facts,
)


@noun
class Refused:
    """A framework that cannot run on the accelerators here (or, without any, at all)."""

    framework: Framework
    platform: str
    reasons: tuple[Reason, ...]


@noun
class Verdict:
    """Scored candidates, best first, and the refused frameworks."""

    ranking: tuple[Scored, ...]
    refused: tuple[Refused, ...]


_Outcome = tuple[Trial, Scored | tuple[Reason, ...]]


def decide(question: Question, groups: Sequence[Group]) -> Verdict:
    """Try every framework on every group of devices and on the processor."""
    scored: list[Scored] = []
    refused: list[Refused] = []
    for framework in question.frameworks:
        tried = list(outcomes(question, framework, groups))
        best = _best(tried)
        if best is not None:
            scored.append(best)
        if best is None or (groups and not best.trial.group.members):
            refused.append(_refusal(question, framework, groups, tried))
    ranking = sorted(_working(scored), key=lambda item: (-item.score, item.trial.framework.id))
    return Verdict(ranking=with_close_call(question, tuple(ranking)), refused=tuple(refused))


def _working(scored: list[Scored]) -> list[Scored]:
    """Candidates that leave the accelerators idle are none as long as another uses them."""
    on_devices = [item for item in scored if item.trial.group.members]
    return on_devices or scored


def trials(question: Question, groups: Sequence[Group]) -> Iterator[Trial]:
    """Every platform of every framework on every group of devices that it drives."""
    for framework in question.frameworks:
        yield from _trials(question, framework, groups)


def outcomes(
    question: Question, framework: Framework, groups: Sequence[Group]
) -> Iterator[_Outcome]:
    """Every trial of one framework, with the candidate or the reasons against it."""
    for trial in _trials(question, framework, groups):
        yield trial, candidate(question, trial) if trial.runs else trial.failed


def _trials(question: Question, framework: Framework, groups: Sequence[Group]) -> Iterator[Trial]:
    known = question.base
    # With accelerators the processor is a way out only where something is known of the host.
    hosts = () if groups and known.fact("ram_gib") is None else (Group(),)
    for outline in question.knowledge.outlines(framework.id):
        driven = [group for group in (*groups, *hosts) if _drives(outline, group, known)]
        if driven:
            platform = question.knowledge.platform(framework.id, outline.id)
            values = framework_facts(framework, platform)
            for group in driven:
                facts = known.extend(device_facts(group) | values)
                yield _judged(question, framework, platform, group, facts)


def _drives(outline: Outline, group: Group, known: Situation) -> bool:
    """Whether a platform is for this kind of device; an unknown device is for none."""
    return holds(outline.device, known.extend(device_facts(group))) is True


def _judged(
    question: Question, framework: Framework, platform: Platform, group: Group, facts: Situation
) -> Trial:
    """The trial as the machine is; where Windows is in the way, inside WSL2 if that is allowed."""
    common = _common(question, group)
    trial = Trial(framework=framework, platform=platform, group=group, facts=facts)
    plain = judge(trial, common, question.words)
    if plain.runs or not _may_use_wsl2(platform, facts):
        return plain
    inside = changed(trial, facts=facts.extend({**WSL2_FACTS, "via.wsl2": platform.wsl2}))
    through = judge(inside, common, question.words)
    return through if through.runs else plain


def _common(question: Question, group: Group) -> tuple[Requirement, ...]:
    """What every platform needs: leave, to be able to do the work, devices that can be used."""
    known = question.knowledge
    needed = known.requirements if group.members else ()
    return (*known.house_rules, *known.abilities, *needed)


def best(question: Question, framework: Framework, groups: Sequence[Group]) -> Scored | None:
    """One framework on the devices where it scores highest; None where it cannot run."""
    return _best(list(outcomes(question, framework, groups)))


def _may_use_wsl2(platform: Platform, facts: Situation) -> bool:
    wished = "wsl2" in facts.fact("workload.allow")
    return wished and facts.fact("os.family") == "windows" and platform.wsl2 != "unsupported"


def _best(outcomes: Sequence[_Outcome]) -> Scored | None:
    """The candidate with the highest score; accelerators before the processor on a tie."""
    found = [outcome for _, outcome in outcomes if isinstance(outcome, Scored)]
    if not found:
        return None
    return max(found, key=lambda item: (item.score, len(item.trial.group.members)))


def _refusal(
    question: Question, framework: Framework, groups: Sequence[Group], outcomes: Sequence[_Outcome]
) -> Refused:
    """The refusal that concerns the accelerators here, else the processor, else everything."""
    failed = [(trial, found) for trial, found in outcomes if not isinstance(found, Scored)]
    on_devices = [item for item in failed if item[0].group.members]
    on_host = [item for item in failed if not item[0].group.members]
    host_reasons = [reason for _, reasons in on_host for reason in reasons]
    if on_devices:
        nearest, reasons = min(on_devices, key=lambda item: len(item[1]))
        told = (*reasons, *host_reasons, *_upkeep(question, nearest))
        return _refused(framework, nearest.platform.id, told)
    general = no_backend(question, framework, groups)
    if on_host and not groups:
        return _refused(framework, on_host[0][0].platform.id, tuple(host_reasons))
    first = question.knowledge.outlines(framework.id)[0]
    return _refused(framework, first.id, (general, *host_reasons))


def _upkeep(question: Question, trial: Trial) -> tuple[Reason, ...]:
    """What the state of the project adds to a refusal, such as that it is no longer kept."""
    rules = [rule for rule in question.rules if "framework.status" in rule.when]
    told = score.reasons(rules, trial.facts, question.words)
    fact = f"framework.status = {trial.framework.status}"
    return tuple(changed(reason, points=0, fact=fact) for reason in told)


def _refused(framework: Framework, platform: str, reasons: tuple[Reason, ...]) -> Refused:
    unique = {(reason.rule, reason.text): reason for reason in reasons}
    return Refused(framework=framework, platform=platform, reasons=tuple(unique.values()))
