"""Whether a plan brings the very version that it was asked for."""

import re
from collections.abc import Callable, Iterable

from recommender.facts import Framework
from recommender.facts.plan import Plan
from recommender.launch.shell import posix
from recommender.words import Words

_BUILD, _RELEASE = "b?[0-9]+", r"[0-9]+(\.\w+)+([.+-]\w+)*"


class NoVersionError(Exception):
    """The version cannot be had in this way; the message names the way that can."""


def written(version: str, framework: Framework, words: Words) -> str:
    """A version as the framework's own are written: 0.32.0 for v0.32.0, b6000 for 6000.

    Raises:
        NoVersionError: its versions have another form.
    """
    own = next(platform.version for platform in framework.platforms)
    made = form(version, own)
    if made is None:
        said = {"title": framework.name, "version": version, "own": own}
        raise NoVersionError(words.key("launch.other-version", **said))
    return made


def form(version: str, own: str) -> str | None:
    """A version as ``own`` is written, None where it has another form."""
    builds = re.fullmatch(_BUILD, own) is not None
    bare = version.removeprefix("v")
    if not re.fullmatch(_BUILD if builds else _RELEASE, bare):
        return None
    return f"b{bare.removeprefix('b')}" if builds else bare


def check(
    plan: Plan, ways: Iterable[str], planned: Callable[[str], Plan | None], words: Words
) -> None:
    """See that the lines that install it, or its image, name the version of the plan.

    What is installed already is taken at the user's word.

    Args:
        plan: made for a version that the user named.
        ways: the other ways to install.
        planned: the plan by such a way, None where there is none.
        words: the language of the message.

    Raises:
        NoVersionError: nothing in the plan brings that version.
    """
    if _brings(plan):
        return
    other = next((way for way in ways if (made := planned(way)) and _brings(made)), None)
    said = {"title": plan.title, "version": plan.version, "way": other or ""}
    if other:
        raise NoVersionError(words.key("launch.version-elsewhere", **said))
    raise NoVersionError(words.key("launch.version-nowhere", **said))


def _brings(plan: Plan) -> bool:
    box = plan.server.container
    if not box and not plan.install:
        return True
    named = re.compile(rf"(?<![0-9.])[bv]?{re.escape(plan.version.lstrip('b'))}(?![\w.]*\w)")
    texts = [box.image] if box else [posix(command) for command in plan.install]
    return any(map(named.search, texts))
