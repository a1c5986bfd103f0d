"""How fast a server answers one user, and several at the same time."""

import secrets
import threading
from collections.abc import Sequence

from recommender.errors import InputError
from recommender.facts.measurement import Range, Timing
from recommender.facts.noun import changed
from recommender.serving.client import Client, WrongAnswer
from recommender.serving.dialogue import Ask, Said, Streamed, complete, stream

# Enough for a range, few enough for a slow processor.
ALONE_RUNS = 3
_WARM_UP_TOKENS = 16
# Servers that send several tokens at a time send a few; more come from something that collects.
_TOKENS_A_PIECE = 16
# Common words are one token each to the tokenizers of language models.
_WORDS = (
    *("time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world"),
    *("school", "state", "family", "group", "country", "problem", "hand", "part", "place", "case"),
    *("week", "company", "system", "program", "question", "work", "number", "night", "point"),
    *("home", "water", "room", "mother", "area", "money", "story", "fact", "month", "lot"),
)


def first_words(client: Client, ask: Ask, words: int) -> tuple[Ask, Said]:
    """A short completion by chat, or by completions where the server has no chat for this model.

    It warms the server up, too. Returns the ask with the endpoint that works.

    Raises:
        InputError: the server cannot be reached or wants another key.
        WrongAnswer: neither endpoint answers; the message is about the chat.
    """
    short = changed(ask, max_tokens=min(_WARM_UP_TOKENS, ask.max_tokens))
    text = prompt(words)
    try:
        return ask, complete(client, short, text)
    except WrongAnswer as refused:
        other = changed(short, endpoint="completions")
        try:
            said = complete(client, other, text)
        except WrongAnswer:
            raise refused from None
        return changed(ask, endpoint="completions"), said


def with_usage(client: Client, ask: Ask, words: int) -> Ask:
    """The ask that the server streams an answer to: without ``stream_options`` if it must be.

    Raises as ``first_words``.
    """
    short = changed(ask, max_tokens=min(_WARM_UP_TOKENS, ask.max_tokens))
    try:
        stream(client, short, prompt(words))
    except WrongAnswer as refused:
        try:
            stream(client, changed(short, usage=False), prompt(words))
        except WrongAnswer:
            raise refused from None
        return changed(ask, usage=False)
    return ask


def measure(client: Client, ask: Ask, words: int, concurrency: int) -> Timing:
    """Three streams one after the other, then ``concurrency`` at the same time.

    Every prompt is another one, so that no cache of prefixes helps. Raises as ``first_words``.
    """
    alone = [stream(client, ask, prompt(words)) for _ in range(ALONE_RUNS)]
    many = _together(client, ask, words, concurrency) if concurrency > 1 else []
    every = [*alone, *many]
    counted = all(one.output_tokens for one in every)
    prompts = [one.prompt_tokens for one in every if one.prompt_tokens]
    return Timing(
        requests=concurrency,
        first_token_s=_range([one.first - one.begun for one in alone], 4),
        decode_tokens_per_s=_range([rate for one in alone if (rate := _rate(one, counted))], 1),
        together_tokens_per_s=_range([_total(many, counted)], 1) if many else None,
        prompt_tokens=round(sum(prompts) / len(prompts)) if prompts else None,
        output_tokens=round(sum(_tokens(one, counted) for one in every) / len(every)),
        counted="usage" if counted else "chunks",
    )


def prompt(words: int) -> str:
    """A prompt that nobody sent before."""
    listed = " ".join(secrets.choice(_WORDS) for _ in range(words))
    return f"Write a long story with these words: {listed}"


def _together(client: Client, ask: Ask, words: int, concurrency: int) -> list[Streamed]:
    done: list[Streamed] = []
    failed: list[Exception] = []

    def one() -> None:
        try:
            done.append(stream(client, ask, prompt(words)))
        except Exception as error:  # noqa: BLE001  # raised below, in the main thread
            failed.append(error)

    # Daemons, so that Ctrl-C need not wait for the server.
    threads = [threading.Thread(target=one, daemon=True) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in failed:
        if isinstance(error, (InputError, WrongAnswer)):
            message = f"{error} ({len(failed)} of {concurrency} requests at the same time)"
            raise type(error)(message) from error
        raise error
    return done


def _tokens(one: Streamed, counted: bool) -> int:  # noqa: FBT001
    return (one.output_tokens or 0) if counted else one.pieces


def _rate(one: Streamed, counted: bool) -> float | None:  # noqa: FBT001
    """Tokens a second after the first piece; None where the stream came in too few of them."""
    tokens = _tokens(one, counted)
    seconds = one.last - one.first
    if seconds <= 0 or one.pieces < max(2, tokens / _TOKENS_A_PIECE):
        return None
    # A piece may bring several tokens: those of the first one came before the clock started.
    return tokens * (one.pieces - 1) / one.pieces / seconds


def _total(many: Sequence[Streamed], counted: bool) -> float:  # noqa: FBT001
    seconds = max(one.ended for one in many) - min(one.begun for one in many)
    return sum(_tokens(one, counted) for one in many) / max(seconds, 1e-6)


def _range(found: Sequence[float], digits: int) -> Range | None:
    return (round(min(found), digits), round(max(found), digits)) if found else None
