"""Commands as text for a POSIX shell and for PowerShell, every word quoted for that shell.

``variable`` writes the names that only the machine knows where the command runs; by itself it
leaves them bare, for people to replace.
"""

import re
import shlex
from collections.abc import Callable

from recommender.facts.command import Command
from recommender.launch.variables import plain, variables, written
from recommender.words import replace_names


def posix(command: Command, variable: Callable[[str], str] = str) -> str:
    """One line for sh, bash, zsh or dash."""
    if command.raw is not None:
        return _raw(command, shlex.quote, variable)
    named = [f"{name}={_posix(value, variable)}" for name, value in command.env.items()]
    return " ".join([*named, *(_posix_word(word, variable) for word in command.argv)])


def _posix(word: str, variable: Callable[[str], str]) -> str:
    return written(word, shlex.quote, variable) or "''"


def _posix_word(word: str, variable: Callable[[str], str]) -> str:
    """A leading ``~/`` stays bare, so that the shell puts the home directory there."""
    if word.startswith("~/"):
        return f"~/{_posix(word[2:], variable)}" if word[2:] else "~/"
    return _posix(word, variable)


def powershell(command: Command, variable: Callable[[str], str] = str) -> str:
    """One line for PowerShell 5.1 or 7."""
    if command.raw is not None:
        return _raw(command, powershell_word, variable)
    named = [
        f"$env:{name} = {_powershell(value, _single, variable)}; "
        for name, value in command.env.items()
    ]
    words = [_powershell(word, powershell_word, variable) for word in command.argv]
    call = "& " if words and words[0][:1] in {"'", '"'} else ""
    return "".join(named) + call + " ".join(words)


def _powershell(word: str, quote: Callable[[str], str], variable: Callable[[str], str]) -> str:
    """Text beside a variable stands in double quotes with it: pieces do not join as in sh."""
    if variable is not str and variables(word):
        return f'"{written(word, _doubled, variable)}"'
    return quote(plain(word))


def _doubled(text: str) -> str:
    """Inside double quotes the curly ones end them too."""
    return re.sub('([`"$\u201c\u201d\u201e])', r"`\1", text)


def powershell_word(word: str) -> str:
    """One word, quoted where PowerShell would take it for something else."""
    if word.startswith("~/"):
        return f'"$HOME/{_doubled(word[2:])}"'
    return word if re.fullmatch(r"[\w./:=+-][\w./:=+%-]*", word) else _single(word)


def _single(text: str) -> str:
    """In single quotes PowerShell reads the curly ones as quotes too, and all are doubled."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


def _raw(command: Command, quote: Callable[[str], str], variable: Callable[[str], str]) -> str:
    text = written(command.raw or "", str, variable)
    return replace_names(text, lambda name: quote(command.values[name]))
