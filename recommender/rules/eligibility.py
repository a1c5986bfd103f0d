"""Which framework runs on which device here, and every reason why another does not."""

from collections.abc import Iterable

from recommender.facts import Framework, Method, Notice, Platform, Reason, Requirement
from recommender.facts.answer import SITE
from recommender.facts.noun import changed, noun
from recommender.rules.conditions import failures, holds, unknowns
from recommender.rules.situation import Group, Situation
from recommender.words import Words


@noun
class Trial:
    """One framework on one platform and one group of devices: what failed, what is unsure.

    ``undecided`` are the requirements that depend on the facts named in ``unsure``.
    """

    framework: Framework
    platform: Platform
    group: Group
    facts: Situation
    method: str | None = None
    skipped: tuple[Reason, ...] = ()
    failed: tuple[Reason, ...] = ()
    undecided: tuple[Requirement, ...] = ()
    unsure: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether nothing is known to stand in the way."""
        return not self.failed


def judge(trial: Trial, common: Iterable[Requirement], words: Words) -> Trial:
    """``trial`` with the way to install it, or with everything that keeps it from running."""
    method, blocked = _choose_method(trial, words)
    chosen = trial.platform.methods[method].requires if method else ()
    own = [(need, _state(need, trial)) for need in (*common, *trial.platform.requires)]
    failed = [_failure(trial, need, words) for need, state in own if state is False]
    undecided = [need for need, state in own if state is None]
    undecided += [need for need in chosen if _state(need, trial) is None]
    return changed(
        trial,
        method=method,
        skipped=blocked if method else (),
        failed=(*failed, *(() if method else blocked)),
        undecided=tuple(undecided),
        unsure=_unsure(undecided, trial.facts),
    )


def _state(need: Requirement, trial: Trial) -> bool | None:
    return holds(need.needs, trial.facts)


def _unsure(needs: Iterable[Requirement], facts: Situation) -> tuple[str, ...]:
    names = (name for need in needs for name in unknowns(need.needs, facts))
    return tuple(dict.fromkeys(names))


def with_model(trial: Trial, facts: Situation, words: Words) -> Trial:
    """``trial`` with a model that was not known before: what it decides, and what stays unsure."""
    about = changed(trial, facts=facts)
    failed = [
        _failure(about, need, words) for need in trial.undecided if _state(need, about) is False
    ]
    undecided = tuple(need for need in trial.undecided if _state(need, about) is None)
    return changed(
        about,
        failed=(*trial.failed, *failed),
        undecided=undecided,
        unsure=_unsure(undecided, facts),
    )


def _choose_method(trial: Trial, words: Words) -> tuple[str | None, tuple[Reason, ...]]:
    """The first way to install that can work, the wished one first, and what blocks those before.

    None where every way is blocked.
    """
    wish = trial.facts.fact("workload.install")
    blocked: list[Reason] = []
    for name in sorted(trial.platform.methods, key=lambda name: name != wish):
        reasons = _method_failures(trial, name, words)
        if not reasons:
            return name, tuple(blocked)
        blocked += reasons
    return None, tuple(blocked)


def _method_failures(trial: Trial, name: str, words: Words) -> tuple[Reason, ...]:
    method: Method = trial.platform.methods[name]
    return tuple(
        _failure(trial, need, words) for need in method.requires if _state(need, trial) is False
    )


def usable_methods(trial: Trial, words: Words, nodes: int = 1) -> tuple[str, ...]:
    """Every way to install that nothing is known to block, for one copy over so many machines."""
    return tuple(
        name
        for name, method in trial.platform.methods.items()
        if (nodes == 1 or method.several) and not _method_failures(trial, name, words)
    )


def title(framework: Framework, platform: Platform, words: Words) -> str:
    """What a sentence about a platform begins with: the framework, its version, the platform."""
    return words.noted(f"{framework.name} {platform.version}", words.said(platform.name))


def _failure(trial: Trial, need: Requirement, words: Words) -> Reason:
    names = failures(need.needs, trial.facts)
    fact = trial.facts.fact
    text = words.text(need.text, fact) if need.text else _sentence(trial, need, names, words)
    return Reason(
        rule=need.rule,
        layer=need.layer,
        text=words.labelled(title(trial.framework, trial.platform, words), text),
        params={name: fact(name) for name in names if "." in name or name == "arch"},
        fact=_facts_named(trial, names, words),
        fix=words.fix(need.fix, fact),
        source=need.source or trial.platform.source,
        checked=need.checked or checked(need.layer, trial.platform),
    )


def _sentence(trial: Trial, need: Requirement, names: list[str], words: Words) -> str:
    name = names[0]
    key = f"needs.{name}" if words.has(f"needs.{name}") else "needs"
    return words.key(
        key,
        fact=name,
        wanted=words.wanted(need.needs[name]),
        actual=words.show_value(name, trial.facts.fact(name)),
        device=trial.facts.fact("device.name") or trial.facts.fact("device.vendor"),
    )


def _facts_named(trial: Trial, names: list[str], words: Words) -> str:
    shown = [
        f"{name} = {words.show(trial.facts.fact(name))}"
        for name in names
        if name not in {"any", "all", "none", "holds", "cpu.flags"}
    ]
    return ", ".join(shown) or words.key("value.combination")


def checked(layer: str, platform: Platform) -> str | None:
    """The day for what has none of its own: the platform's, but for the rules of a site."""
    return None if layer == SITE else platform.checked


def told(notices: Iterable[Notice], facts: Situation, words: Words) -> tuple[Reason, ...]:
    """The notices whose condition holds."""
    return tuple(
        Reason(
            rule=notice.rule,
            layer=notice.layer,
            text=words.text(notice.text, facts.fact),
            fix=words.fix(notice.fix, facts.fact),
            source=notice.source,
            checked=notice.checked,
        )
        for notice in notices
        if holds(notice.when, facts) is True
    )
