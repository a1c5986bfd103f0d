"""The commands of a candidate: how to install, serve and check, for every way that can work."""

from collections.abc import Iterable

from recommender.facts import Commands, Launch, Line, Method, Platform
from recommender.launch import plan, shell, values
from recommender.rules.candidates import Scored
from recommender.rules.conditions import holds
from recommender.rules.eligibility import usable_methods
from recommender.rules.situation import Situation
from recommender.versions import parts
from recommender.words import Words


def launch(scored: Scored, facts: Situation, words: Words) -> Launch | None:
    """Commands of the chosen method, and of the others that nothing is known to block."""
    chosen = scored.trial.method
    if chosen is None:
        return None
    first = _commands(scored, chosen, facts, words)
    others = {
        name: _commands(scored, name, facts, words)
        for name in usable_methods(scored.trial, words, scored.fit.nodes)
        if name != chosen
    }
    return Launch(
        method=chosen,
        version=scored.trial.platform.version,
        install=first.install,
        serve=first.serve,
        check=first.check,
        notes=first.notes,
        others=others,
    )


def _commands(scored: Scored, name: str, facts: Situation, words: Words) -> Commands:
    platform = scored.trial.platform
    method = platform.methods[name]
    known = launch_facts(scored, method, facts)
    return Commands(
        install=_lines(method.install, platform, known),
        serve=_lines(method.serve, platform, known),
        check=_lines(method.check, platform, known),
        notes=notes(platform, method, known, words),
    )


def launch_facts(scored: Scored, method: Method, facts: Situation) -> Situation:
    """Everything that the lines of this method may name."""
    platform, fit = scored.trial.platform, scored.fit
    installed = values.found_version(scored.trial.framework.id, method, facts)
    installed = installed or _brought(method, facts)
    named = values.values(platform, method, fit, scored.model, scored.workload, installed)
    named["python"] = values.python_for(method, facts.fact("python.version"))
    return facts.extend(named)


def _brought(method: Method, facts: Situation) -> str | None:
    """The version of the line that installs, where the line has one of its own."""
    lines = (line for line in method.install if line.version and holds(line.when, facts) is True)
    return next((line.version for line in lines), None)


def _lines(lines: Iterable[Line], platform: Platform, facts: Situation) -> tuple[str, ...]:
    windows = facts.fact("os.family") == "windows"
    write = shell.powershell if windows else shell.posix
    return tuple(write(command) for command in plan.commands(lines, platform, facts))


def notes(platform: Platform, method: Method, facts: Situation, words: Words) -> tuple[str, ...]:
    """What has to be known beside the lines."""
    said = [words.key("note.wsl2")] if facts.fact("via.wsl2") else []
    if facts.fact("gguf.file") and facts.fact("fit.build") == "gguf":
        said.append(_file_note(platform, method, facts, words))
    if facts.fact("image") and str(facts.fact("model")).startswith(("./", "../", "~")):
        said.append(words.key("note.relative-model"))
    chosen, here = facts.fact("python"), facts.fact("python.version")
    if chosen and here and (parts(here) or ())[:2] != parts(chosen):
        said.append(words.key("note.python", chosen=chosen, here=here))
    return tuple(said)


def _file_note(platform: Platform, method: Method, facts: Situation, words: Words) -> str:
    """Which file the lines read: one of 16 bits where the server quantizes it itself."""
    whole = facts.fact("gguf.whole")
    lines = _lines((*method.serve, *method.check), platform, facts)
    if whole and any(whole in line for line in lines):
        return words.key("note.gguf-whole", file=whole)
    return words.key("note.gguf-file", file=facts.fact("gguf.file"))
