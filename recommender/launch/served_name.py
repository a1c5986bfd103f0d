"""Whether a server takes the name by which clients are to call its model."""

import re
from collections.abc import Iterator

from recommender.facts import Method, Platform
from recommender.facts.exposure import Exposure
from recommender.facts.platform import Step
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.words import Words

_HERE = "{served.name}"


class NoNameError(Exception):
    """The server cannot be given this name; the message says how clients call the model."""


def check(
    method: Method, platform: Platform, exposure: Exposure | None, facts: Situation, words: Words
) -> None:
    """See that the fact ``served.name``, where it is known, reaches the server as it is.

    Raises:
        NoNameError: no line takes a name, or not one like this.
    """
    name, title = facts.fact("served.name"), facts.fact("framework.name")
    if name is None:
        return
    if not any(_HERE in step.args for step in _steps(method, platform, facts)):
        named = exposure.named if exposure else None
        said = words.text(named, facts.fact) if named else words.key("launch.named-by-itself")
        raise NoNameError(words.key("launch.no-name", title=title, named=said))
    if exposure and exposure.names and not re.fullmatch(exposure.names, name):
        raise NoNameError(words.key("launch.other-name", title=title, name=name))


def _steps(method: Method, platform: Platform, facts: Situation) -> Iterator[Step]:
    """Every step that stands in the lines of this method."""
    lines = [line for line in (*method.serve, *method.check) if holds(line.when, facts) is True]
    steps = [step for line in lines for step in line.steps]
    yield from steps
    if any("{arguments}" in step.args for step in steps):
        yield from (step for step in platform.arguments if holds(step.when, facts) is True)
