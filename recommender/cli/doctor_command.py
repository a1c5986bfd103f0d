"""``llmpick doctor``: what stands between this machine and each framework, and what mends it."""

import os
from typing import Annotated

import typer

from recommender import __version__
from recommender.cli import inputs, options, output
from recommender.facts import Framework, Machine, Workload
from recommender.facts.checkup import Checkup, Remedies
from recommender.facts.codec import decode
from recommender.knowledge import Knowledge, document, load
from recommender.words import Words

NOTHING_RUNS = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("doctor")(doctor)


def doctor(
    frameworks: Annotated[list[str] | None, typer.Argument(metavar="[FRAMEWORK]...")] = None,
    machine: options.MachineFile = None,
    knowledge: options.KnowledgeFolder = None,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Tell what stands between this machine and the frameworks, with the commands that mend it.

    Needs no root, writes nothing, uses no network. Exit code 3 where none of them can run here.
    """
    del knowledge  # its callback has named the folder
    form = output.chosen(out, json=json)
    known = load()
    words = known.speak(inputs.language(lang))
    asked = _asked(frameworks or (), known)
    described = inputs.Described(
        gpus=(), ram_gib=None, os=None, arch=None, cpu=None, driver=None, nodes=None
    )
    here = inputs.machine(machine, described)
    found = _examined(here, asked, known, words)
    _write(found, here, words, form)
    if form == "table":
        _suggest(found, machine, words)
    if not any(standing.ready for standing in found.frameworks):
        raise typer.Exit(NOTHING_RUNS)


def _suggest(found: Checkup, machine: str | None, words: Words) -> None:
    from recommender.cli.next_step import suggest

    ready = any(standing.ready for standing in found.frameworks)
    command = ("recommend", *(("--machine", machine) if machine else ()))
    suggest(words, command, key="next.command" if ready else "next.mend")


def _asked(names: list[str] | tuple[str, ...], known: Knowledge) -> tuple[Framework, ...]:
    if not names:
        return known.heads
    wanted = {known.framework(name).id for name in names}
    return tuple(head for head in (*known.heads, *known.challenger_heads) if head.id in wanted)


def _examined(
    here: Machine, asked: tuple[Framework, ...], known: Knowledge, words: Words
) -> Checkup:
    from recommender.render.bug_report import report
    from recommender.rules.checkup import examine
    from recommender.rules.grouping import groups
    from recommender.rules.question import Question

    question = Question(
        knowledge=known,
        frameworks=asked,
        machine=here,
        workload=Workload(),
        model=None,
        rules=known.rules,
        words=words,
    )
    remedies = decode(Remedies, document("remedies"))
    findings, standings = examine(question, groups(here), remedies, asked)
    return Checkup(
        llmpick_version=__version__,
        knowledge_date=known.date,
        findings=findings,
        frameworks=standings,
        report=report(here, findings, known.date, _private()),
    )


def _private() -> tuple[str, ...]:
    """What names this user and this computer: the home folder, the user, the host."""
    names = ("HOME", "USERPROFILE", "USER", "LOGNAME", "USERNAME", "COMPUTERNAME", "HOSTNAME")
    host = os.uname().nodename if hasattr(os, "uname") else ""
    return tuple(word for word in (*map(os.environ.get, names), host) if word)


def _write(found: Checkup, here: Machine, words: Words, form: str) -> None:
    if output.written(found, form):
        return
    if form == "name":
        ready = (standing.framework for standing in found.frameworks if standing.ready)
        for framework in dict.fromkeys(ready):
            output.write(framework)
    else:
        from recommender.render.checkup import show

        show(found, here, words, output.console())
