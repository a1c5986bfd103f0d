"""What the doctor found, for people: findings, how the frameworks stand, a text for bug reports."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Machine
from recommender.facts.checkup import Checkup, Finding, Standing
from recommender.render.layout import hanging
from recommender.render.summary import machine_line
from recommender.words import Words

_STYLES = {"error": "bold red", "warning": "yellow", "hint": "cyan"}
_INDENT = 9


def show(found: Checkup, machine: Machine, words: Words, console: Console) -> None:
    """Print findings with their commands, one line a framework, and the report."""
    line = Text(visible(machine_line(machine, words)), style="bold")
    console.print(hanging(line, 0, 2, console))
    console.print()
    names = {standing.framework: standing.name for standing in found.frameworks}
    for finding in found.findings:
        _finding(finding, found.frameworks, names, words, console)
    if not found.findings:
        console.print(Text(words.key("doctor.nothing"), style="green"))
    console.print()
    _frameworks(found.frameworks, words, console)
    console.print()
    console.print(hanging(Text(words.key("doctor.report")), 0, 0, console))
    for text in ("```", *visible_lines(found.report), "```"):
        console.print(Text(text), soft_wrap=True)


def visible_lines(text: str) -> list[str]:
    """Lines of a text, what steers a terminal spelt out."""
    return [visible(line) for line in text.split("\n")]


def _finding(
    finding: Finding,
    standings: Sequence[Standing],
    names: dict[str, str],
    words: Words,
    console: Console,
) -> None:
    label = Text(words.key(f"doctor.{finding.severity}"), style=_STYLES[finding.severity])
    label.pad_right(max(_INDENT - label.cell_len, 1))
    what = Text.assemble(label, (visible(finding.what), "bold"))
    console.print(hanging(what, 0, _INDENT, console))
    for text, style in _under(finding, standings, names, words):
        console.print(hanging(Text(visible(text), style=style), _INDENT, _INDENT + 2, console))
    for command in finding.commands:
        # Never folded: what is copied must stay one command.
        line = Text(f"{' ' * _INDENT}$ {visible(command)}", style="cyan")
        console.print(line, soft_wrap=True)


def _under(
    finding: Finding, standings: Sequence[Standing], names: dict[str, str], words: Words
) -> Iterator[tuple[str, str]]:
    if finding.blocks:
        blocked = [_blocked(finding, name, standings, names) for name in finding.frameworks]
        yield words.key("doctor.blocks", what=blocked), ""
    elif finding.frameworks and finding.rule != "device.no-backend":
        yield words.key("doctor.concerns", what=[names[name] for name in finding.frameworks]), ""
    for detail in finding.details:
        yield detail, "dim"
    if finding.fix:
        yield f"→ {finding.fix}", ""


def _blocked(
    finding: Finding, framework: str, standings: Sequence[Standing], names: dict[str, str]
) -> str:
    """A framework, with the ways to install that are blocked where others are not."""
    ways = {(b.platform, b.method) for b in finding.blocks if b.framework == framework}
    own = [standing for standing in standings if standing.framework == framework]
    platforms = {platform for platform, _ in ways}
    every = {
        (standing.platform, method)
        for standing in own
        if standing.platform in platforms
        for method in (*standing.methods, *(obstacle.method for obstacle in standing.blocked))
    }
    if every <= ways:
        return names[framework]
    return f"{names[framework]} ({', '.join(sorted({method for _, method in ways}))})"


def _frameworks(standings: Sequence[Standing], words: Words, console: Console) -> None:
    console.print(hanging(Text(words.key("doctor.frameworks"), style="bold"), 0, 2, console))
    kinds = {standing.framework: standing.name for standing in standings}
    width = max(Text(name).cell_len for name in kinds.values()) + 2
    states = {name: _state(name, standings, words) for name in kinds}
    column = max(state.cell_len for state in states.values()) + 2
    for framework, name in kinds.items():
        title, state = Text(f"   {name}", style="bold"), states[framework]
        title.pad_right(width + 3 - title.cell_len)
        state.pad_right(column - state.cell_len)
        line = Text.assemble(title, state, _platforms(framework, standings, words))
        console.print(hanging(line, 0, min(width + 3 + column, console.width // 2), console))


def _state(framework: str, standings: Sequence[Standing], words: Words) -> Text:
    own = [standing for standing in standings if standing.framework == framework]
    ready = [standing for standing in own if standing.ready]
    if not ready:
        return Text(words.key("doctor.not-ready"), style="red")
    accelerated = any(standing.kind == "accelerator" for standing in standings)
    if accelerated and all(standing.kind == "cpu" for standing in ready):
        return Text(words.key("doctor.cpu-only"), style="yellow")
    return Text(words.key("doctor.ready"), style="green")


def _platforms(framework: str, standings: Sequence[Standing], words: Words) -> str:
    own = [standing for standing in standings if standing.framework == framework]
    told = dict.fromkeys(_platform(standing, words) for standing in own if standing.platform)
    return words.key("value.semicolon").join(told) or words.key("doctor.no-platform")


def _platform(standing: Standing, words: Words) -> str:
    closed = dict.fromkeys(obstacle.method for obstacle in standing.blocked)
    states = {**dict.fromkeys(standing.methods, True), **dict.fromkeys(closed, False)}
    keys = {True: "doctor.way-open", False: "doctor.way-closed"}
    methods = [words.key(keys[state], name=name) for name, state in states.items()]
    return words.labelled(standing.platform or "", words.show(methods))
