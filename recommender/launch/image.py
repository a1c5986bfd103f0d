"""References of container images, and one of the user's own in place of the one that is known."""

import re
from collections.abc import Iterable

from recommender.facts.command import Command
from recommender.facts.noun import changed
from recommender.facts.plan import Process

# The grammar of distribution/reference: a host is told from a path by the slash after it.
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][\w.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_PART}(?:/{_PART})*)(?::{_TAG})?(?:@{_DIGEST})?", re.ASCII
)
_LONGEST = 255
_PULL = ("docker", "pull")
_IDENTIFIER = re.compile("[0-9a-f]{64}")


def is_reference(text: str) -> bool:
    """Whether an engine takes the text for the name of an image (distribution/reference)."""
    found = _REFERENCE.fullmatch(text)
    return bool(found and len(found["name"]) <= _LONGEST and not _IDENTIFIER.fullmatch(text))


def in_commands(commands: Iterable[Command], own: str | None) -> tuple[Command, ...]:
    """The commands, those that pull with the image as the user wrote it.

    Knowledge may append to the name of its own image, for a kind of processor for one.
    """
    return tuple(_pulling(command, own) if own else command for command in commands)


def in_processes(processes: Iterable[Process], own: str | None) -> tuple[Process, ...]:
    """The processes, their containers with the image as the user wrote it."""
    return tuple(_boxed(process, own) if own else process for process in processes)


def _pulling(command: Command, own: str) -> Command:
    if command.argv[:2] != _PULL:
        return command
    return changed(command, argv=(*_PULL, *(_as_written(word, own) for word in command.argv[2:])))


def _boxed(process: Process, own: str) -> Process:
    if process.container is None:
        return process
    box = changed(process.container, image=_as_written(process.container.image, own))
    return changed(process, container=box)


def _as_written(word: str, own: str) -> str:
    return own if word.startswith(own) else word
