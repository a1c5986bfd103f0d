"""Words and lines of systemd units, which podman's quadlets share (systemd.syntax(7))."""

import re
from collections.abc import Callable, Iterable, Iterator

from recommender.launch.variables import exported, written

_BARE = re.compile(r"[\w@%+=:,./{}$-]+", re.ASCII)
_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def word(text: str) -> str:
    """One word of a command: nothing in it is a specifier, a variable or the end of a word.

    Variables of a plan become those of the unit's environment.
    """
    return _quoted(written(text, lambda piece: _escaped(piece).replace("$", "$$"), _variable))


def setting(text: str) -> str:
    """One quoted word where systemd knows specifiers but no variables, as in Environment=."""
    return _quoted(_escaped(text))


def command(words: Iterable[str]) -> str:
    """The words of a command on one line."""
    return " ".join(map(word, words))


def script(text: str) -> str:
    """A command that gives a piece of shell to /bin/sh."""
    return command(("/bin/sh", "-c", text))


def plain(text: str) -> str:
    """Text that stands by itself, as in Description=, without line breaks and specifiers."""
    return "".join(c if c.isprintable() else " " for c in text).replace("%", "%%")


def section(name: str, lines: Iterable[tuple[str, str]]) -> str:
    """One section of a unit."""
    return f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in lines)


def repeated(key: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The same key once for each value."""
    return ((key, value) for value in values)


def environment(name: str, value: str, write: Callable[[str], str] = setting) -> str:
    """A name and its value as one word."""
    return write(f"{name}={value}")


def _variable(name: str) -> str:
    return f"${{{exported(name)}}}"


def _escaped(text: str) -> str:
    return "".join(_NAMED.get(c) or (c if c.isprintable() else _code(c)) for c in text).replace(
        "%", "%%"
    )


def _code(char: str) -> str:
    number = ord(char)
    if number < 0x80:  # noqa: PLR2004  # \x names a byte, and these are one in UTF-8
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004


def _quoted(text: str) -> str:
    return text if _BARE.fullmatch(text) else f'"{text}"'
