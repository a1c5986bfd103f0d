"""Everything that a verification asks a server, in order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recommender.errors import InputError, nearest, printable
from recommender.facts.measurement import Timing
from recommender.facts.noun import noun
from recommender.knowledge import document
from recommender.serving.client import Client
from recommender.serving.dialogue import Ask, Said, models
from recommender.serving.recognition import Server, Sign, recognise
from recommender.serving.timing import first_words, measure, with_usage

_MOST_LISTED = 100
# Steps that take time, as they are told: keys of words.yaml below verify.step.
Tell = Callable[[str], None]


@noun
class Asking:
    """What somebody wishes to know of a server."""

    model: str | None = None
    framework: str | None = None
    concurrency: int = 8
    prompt_tokens: int = 128
    max_tokens: int = 128


@noun
class Found:
    """What a server is, serves and reached."""

    server: Server
    models: tuple[str, ...]
    model: str
    endpoint: str
    timing: Timing


def ask_server(client: Client, asking: Asking, tell: Tell) -> Found:
    """Ask for the models, a completion, a stream, and time it.

    Raises:
        InputError: the server cannot be reached, wants another key, or has no such model.
        WrongAnswer: it answers otherwise than the protocol says.
    """
    tell("models")
    rows = models(client)
    row = _chosen(rows, asking.model)
    server = recognise(client, row, signs(), asking.framework)
    tell("completion")
    ask = Ask(model=row["id"], max_tokens=asking.max_tokens, extra=server.extra or {})
    ask, said = first_words(client, ask, asking.prompt_tokens)
    words = _words(asking.prompt_tokens, said)
    tell("stream")
    ask = with_usage(client, ask, words)
    tell("timing")
    return Found(
        server=server,
        models=tuple(printable(item["id"], 200) for item in rows[:_MOST_LISTED]),
        model=printable(row["id"], 200),
        endpoint=ask.endpoint,
        timing=measure(client, ask, words, asking.concurrency),
    )


def signs() -> tuple[Sign, ...]:
    """How the servers of the frameworks are recognised."""
    return tuple(
        Sign(**{**row, "asks": tuple(row.get("asks", ()))})
        for row in document("servers")["servers"]
    )


def _chosen(rows: Sequence[Mapping[str, Any]], wanted: str | None) -> Mapping[str, Any]:
    if wanted is None:
        return rows[0]
    names = [str(row["id"]) for row in rows]
    if wanted in names:
        return rows[names.index(wanted)]
    hint = nearest(wanted, map(printable, names)) or f"; it serves {printable(', '.join(names))}"
    message = f"--model '{printable(wanted)}': the server has no such model{hint}"
    raise InputError(message)


def _words(wished: int, said: Said) -> int:
    """How many words a prompt of so many tokens has, by what the first one took."""
    if not said.prompt_tokens:
        return wished
    return max(round(wished * wished / said.prompt_tokens), 1)
