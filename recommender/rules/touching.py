"""What hangs on the facts of a framework's platforms: commands, their options, and rules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.facts import Framework, Platform
from recommender.facts.release import Touched
from recommender.knowledge import Knowledge
from recommender.patterns import lazily

_OPTION = lazily(r"--?[A-Za-z][\w.-]*")


def touched(known: Knowledge, framework: Framework, platforms: Sequence[Platform]) -> Touched:
    """Everything that would be wrong if the facts of these platforms were."""
    options = {name for platform in platforms for name in emitted(platform)}
    rules = {rule for platform in platforms for rule in _own(platform)}
    named = {rule.rule for rule in known.rules if _names(rule.when, framework.id)}
    return Touched(
        platforms=tuple(platform.id for platform in platforms),
        commands=tuple(f"{one.id}/{method}" for one in platforms for method in one.methods),
        options=tuple(sorted(options)),
        rules=tuple(sorted(rules | named)),
    )


def emitted(platform: Platform) -> Iterator[str]:
    """The framework's options and variables that a command can hold, as often as they do."""
    for step in platform.arguments:
        found = (_OPTION.match(word) for word in step.args.split())
        yield from (match[0] for match in found if match)
    for step in (*platform.arguments, *platform.environment):
        yield from step.env


def _own(platform: Platform) -> Iterator[str]:
    needs = [*platform.requires]
    notices = [*platform.notices]
    for method in platform.methods.values():
        needs += method.requires
        notices += method.notices
    yield from (need.rule for need in needs)
    yield from (notice.rule for notice in notices)


def _names(condition: Mapping[str, Any], framework: str) -> bool:
    """Whether a condition asks for this very framework."""
    for name, test in condition.items():
        if name == "framework.id" and framework in (test if isinstance(test, list) else [test]):
            return True
        if name in {"all", "any"} and any(_names(inner, framework) for inner in test):
            return True
    return False
