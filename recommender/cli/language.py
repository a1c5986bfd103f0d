"""The language that the reader's system speaks, and that of errors outside of any command."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
# The primary language of a Windows language identifier ([MS-LCID]).
_PRIMARY, _CHINESE = 0x3FF, 0x04


def of_system() -> str:
    """The locale of the environment, else what Windows or macOS is set to; "" where none is."""
    named = next((found for name in _VARIABLES if (found := os.environ.get(name))), "")
    if named or sys.platform not in {"win32", "darwin"}:
        return named
    return _of_windows() if sys.platform == "win32" else _of_macos()


def _of_windows() -> str:
    import ctypes

    number = ctypes.windll.kernel32.GetUserDefaultUILanguage()  # type: ignore[attr-defined,unused-ignore]
    return "zh" if number & _PRIMARY == _CHINESE else ""


def _of_macos() -> str:
    """The first of the preferred languages; terminals set LANG, remote shells may not."""
    import plistlib

    try:
        file = Path("~/Library/Preferences/.GlobalPreferences.plist").expanduser()
        languages = plistlib.loads(file.read_bytes()).get("AppleLanguages", [""])
    except (OSError, ValueError, RuntimeError, AttributeError):
        return ""
    return str(languages[0]) if isinstance(languages, list) and languages else ""


def of_arguments(arguments: Sequence[str]) -> str:
    """The language for an error: what ``--lang`` names where that can be told, else the usual one.

    An error is no place for another one: a language that is unknown counts as English.
    """
    from recommender.cli.inputs import language
    from recommender.errors import InputError

    wish = None
    for place, word in enumerate(arguments):
        if word == "--lang":
            wish = next(iter(arguments[place + 1 :]), None)
        elif word.startswith("--lang="):
            wish = word.removeprefix("--lang=")
    try:
        return language(wish)
    except InputError:
        return "en"


def in_language(sentence: str, arguments: Sequence[str]) -> str:
    """An error as its reader reads it."""
    if of_arguments(arguments) == "en":
        return sentence
    from recommender.errors import InputError
    from recommender.knowledge import document
    from recommender.translation import Translator

    try:
        # Of all knowledge this alone: the rest may be what is broken.
        return Translator(table=document("translations")["sentences"])(sentence)
    except (InputError, OSError):
        return sentence
