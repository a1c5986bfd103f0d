"""How a framework is started: lines to paste, and the whole file for each target."""

from collections.abc import Sequence
from typing import Any

from recommender.facts import Candidate, Launch
from recommender.facts.answer import Commands
from recommender.facts.report import Written
from recommender.render.lines import with_values, words_of
from recommender.words import Words

_STEPS = ("install", "serve", "check")
# Shells that are another system's: that one is not written for them goes without saying.
_SHELLS = frozenset(("shell", "powershell"))


def starting(item: Candidate, files: Sequence[Written], words: Words) -> dict[str, Any]:
    """A tab for the commands, for each other way to install, and for each file.

    ``missing`` names the targets that cannot serve the framework here.
    """
    launch = item.launch
    written = [file for file in files if file.text is not None]
    known = {file.target for file in written}
    tabs = [_commands(words.key("page.commands"), launch, words)] if launch else []
    tabs += _others(launch, known, words) if launch else []
    tabs += [_file(file, words) for file in written]
    missing = [_target(file, words) for file in files if file.target not in known | _SHELLS]
    listed = words.key("page.missing", names=missing) if missing else ""
    return {"tabs": tabs, "missing": listed}


def _others(launch: Launch, written: set[str], words: Words) -> list[dict[str, Any]]:
    """The other ways to install; that from an image is among the files as it is."""
    return [
        _commands(words.key("page.way", way=way), commands, words)
        for way, commands in launch.others.items()
        if way not in written
    ]


def _commands(label: str, commands: Launch | Commands, words: Words) -> dict[str, Any]:
    blocks = [
        {"label": words.key(f"table.{step}"), "lines": [_pieces(line) for line in lines]}
        for step in _STEPS
        if (lines := getattr(commands, step))
    ]
    return {"label": label, "notes": list(commands.notes), "blocks": blocks}


def _pieces(command: str) -> list[str]:
    """A line's words, an option with its value, which no line's end is to part."""
    return list(with_values(words_of(command)))


def _file(file: Written, words: Words) -> dict[str, Any]:
    block = {"label": words.key("page.whole"), "code": file.text}
    return {"label": _target(file, words), "notes": [], "blocks": [block]}


def _target(file: Written, words: Words) -> str:
    return words.key(f"target.{file.target}")
