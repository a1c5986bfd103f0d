"""A plan for a machine without a network: what another machine fetches, and what is loaded here."""

from collections.abc import Iterable, Iterator, Mapping

from recommender.facts import Platform
from recommender.facts.command import Command
from recommender.facts.noun import changed
from recommender.facts.offline import Brought, Offline
from recommender.facts.plan import Plan
from recommender.launch import plan as lines
from recommender.launch.commands import launch_facts
from recommender.rules.candidates import Scored
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.words import Words


def carried(made: Plan, scored: Scored, known: Offline, words: Words) -> Plan:
    """The plan with the steps that bring images, packages and weights to its machine.

    Args:
        made: the plan as it is where there is a network.
        scored: the candidate that it was made of.
        known: how each thing is brought.
        words: the language of the notes.
    """
    platform = scored.trial.platform
    facts = launch_facts(scored, platform.methods[made.method], scored.facts)
    facts = facts.extend({"folder": known.folder})
    rows = [row for row in known.carry if holds(row.when, facts) is True]
    fetch = [Command(argv=("mkdir", "-p", known.folder))]
    install: list[Command] = []
    for line in made.install:
        there, here = _brought(line, known, platform, facts)
        fetch += there
        install += here
    fetch += [line for row in rows for line in lines.commands(row.fetch, platform, facts)]
    unpack = [line for row in rows for line in lines.commands(row.load, platform, facts)]
    return changed(
        made,
        fetch=_once(fetch),
        install=_once(install),
        unpack=_once(unpack),
        notes=(*made.notes, *_notes(made, install, known, words)),
    )


def _once(commands: Iterable[Command]) -> tuple[Command, ...]:
    found: list[Command] = []
    for command in commands:
        found += [] if command in found else [command]
    return tuple(found)


def _brought(
    line: Command, known: Offline, platform: Platform, facts: Situation
) -> tuple[tuple[Command, ...], tuple[Command, ...]]:
    """What stands for a line that installs, there and here."""
    row = next((row for row in known.install if _begins(line, row)), None)
    if row is None:
        return (), (line,)
    if not row.load:
        there = lines.commands(row.fetch_first, platform, facts)
        here = lines.commands(row.load_first, platform, facts)
        return (
            (*there, _with(line, row.fetch_env, facts)),
            (*here, _with(line, row.load_env, facts)),
        )
    word = line.argv[len(row.begins.split())]
    file = "".join(c if c.isalnum() or c in ".-" else "_" for c in word)
    told = facts.extend({"word": word, "file": file})
    fetch = lines.commands(row.fetch, platform, told)
    return fetch, lines.commands(row.load, platform, told)


def _begins(line: Command, row: Brought) -> bool:
    words = tuple(row.begins.split())
    return line.argv[: len(words)] == words


def _with(line: Command, env: Mapping[str, str], facts: Situation) -> Command:
    filled = {name: lines.fill(value, facts) for name, value in env.items()}
    return changed(line, env={**filled, **line.env})


def _notes(made: Plan, install: Iterable[Command], known: Offline, words: Words) -> Iterator[str]:
    from_disk = made.model.startswith(("/", "./", "../", "~"))
    if from_disk:
        yield words.key("note.offline-model", model=made.model)
    online = [_said(line) for line in install if _needs_network(line, known)]
    if online:
        yield words.key("note.offline-lines", lines="; ".join(online))


def _needs_network(line: Command, known: Offline) -> bool:
    first = (line.raw or "").split()[:1] if line.raw is not None else line.argv[:1]
    loads = line.argv[:2] == ("docker", "load")
    return bool(first) and first[0] in known.online and not loads


def _said(line: Command) -> str:
    return line.raw if line.raw is not None else " ".join(line.argv)
