"""Commands as text for a POSIX shell and for PowerShell, every word quoted for that shell."""

import re
import shlex
from collections.abc import Callable

from recommender.launch.plan import Command
from recommender.words import replace_names


def posix(command: Command) -> str:
    """One line for sh, bash, zsh or dash."""
    if command.raw is not None:
        return _raw(command, shlex.quote)
    variables = [f"{name}={shlex.quote(value)}" for name, value in command.env.items()]
    return " ".join([*variables, *(_posix_word(word) for word in command.argv)])


def _posix_word(word: str) -> str:
    """A leading ``~/`` stays bare, so that the shell puts the home directory there."""
    if word.startswith("~/"):
        return f"~/{shlex.quote(word[2:])}" if word[2:] else "~/"
    return shlex.quote(word)


def powershell(command: Command) -> str:
    """One line for PowerShell 5.1 or 7."""
    if command.raw is not None:
        return _raw(command, _powershell_word)
    variables = [f"$env:{name} = {_single(value)}; " for name, value in command.env.items()]
    words = [_powershell_word(word) for word in command.argv]
    call = "& " if words and words[0][:1] in {"'", '"'} else ""
    return "".join(variables) + call + " ".join(words)


def _powershell_word(word: str) -> str:
    if word.startswith("~/"):
        rest = re.sub(r'([`"$])', r"`\1", word[2:])
        return f'"$HOME/{rest}"'
    return word if re.fullmatch(r"[\w./:=+-][\w./:=+%-]*", word) else _single(word)


def _single(text: str) -> str:
    """In single quotes PowerShell reads the curly ones as quotes too, and all are doubled."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


def _raw(command: Command, quote: Callable[[str], str]) -> str:
    return replace_names(command.raw or "", lambda name: quote(command.values[name]))
