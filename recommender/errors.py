"""Errors that are the user's to mend: one sentence, no traceback."""

from collections.abc import Iterable

# So many words are read at a glance.
_FEW = 8


class InputError(ValueError):
    """Wrong input. The message is one sentence that names the field, the value and the way out."""


def nearest(value: str, known: Iterable[str], count: int = 3) -> str:
    """``; did you mean a, b?`` with the closest known words, or nothing when none is close."""
    close = near(value, known, count)
    return f"; did you mean {', '.join(close)}?" if close else ""


def choices(value: str, known: Iterable[str]) -> str:
    """``; did you mean a?`` with the closest known words; a short list of all stands beside them.

    Where no word is close, all are listed.
    """
    listed = list(known)
    close = nearest(value, listed)
    every = ", ".join(listed)
    if not close:
        return f"; known are {every}"
    return f"{close} known are {every}" if len(listed) <= _FEW else close


def near(value: str, known: Iterable[str], count: int = 3, least: float = 0.5) -> list[str]:
    """The closest known words, the closest first; none where none is alike by ``least`` of 1."""
    from difflib import get_close_matches

    options = {option.casefold(): option for option in known}
    close = get_close_matches(value.casefold(), options, n=count, cutoff=least)
    return [options[name] for name in close]


def visible(text: str) -> str:
    """``text`` without control, bidirectional or other invisible characters: they are spelt out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def printable(value: object, limit: int = 80) -> str:
    """``value`` on one line, control characters escaped, cut at ``limit`` characters."""
    text = visible(str(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"
