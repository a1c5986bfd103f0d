"""The key of a server in the words that need it."""

from recommender.facts.command import Command
from recommender.facts.exposure import Exposure
from recommender.facts.noun import changed
from recommender.facts.plan import Container, Key, Process
from recommender.launch import plan
from recommender.launch.variables import marked


def asking(command: Command, key: Key | None) -> Command:
    """A line that asks the server, with the key that it wants."""
    if key is None:
        return command
    header = ("-H", f"Authorization: Bearer {marked(key.env)}")
    return changed(command, argv=(*command.argv, *header))


def with_key(process: Process, key: Key, exposure: Exposure | None) -> Process:
    """A server that takes its key: by an option of its own, else by a variable."""
    if key.in_argv and exposure and exposure.key_args:
        words = plan.words_of(exposure.key_args.replace("{key}", "SERVER_KEY"))
        return changed(process, argv=(*process.argv, *words))
    if process.container:
        return changed(process, container=_passing(process.container, key.env))
    return process


def _passing(box: Container, name: str) -> Container:
    return changed(box, passed=(*box.passed, name))
