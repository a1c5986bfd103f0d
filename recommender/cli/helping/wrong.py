"""What is used wrongly, in one sentence that names the nearest right word."""

import re
import sys
from collections.abc import Iterable
from typing import Any

from recommender.cli.commands import path
from recommender.cli.helping.pages import argument_name, children
from recommender.cli.helping.texts import Texts, texts
from recommender.errors import InputError, near, printable

WRONG = 2


def refuse(error: Any) -> int:
    """End as wrong use does: with the help where nothing was asked, else with a sentence.

    Raises:
        InputError: the sentence, for what a Typer ``UsageError`` tells.
    """
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        sys.stderr.write(f"{error.format_message()}\n")
        return WRONG
    said = texts()
    raise InputError(_sentence(kind, error, said))


def too_many(context: Any, word: str) -> InputError:
    """That a command takes no such word."""
    said = texts()
    what = said.say("errors", "extra", command=path(context), name=printable(word))
    return InputError(what + _help(called(context), said))


def no_command(context: Any, word: str) -> InputError:
    """That there is no such command, with the nearest ones."""
    said = texts()
    what = said.say("errors", "command", name=printable(word))
    known = children(context.command)
    return InputError(what + _way_out(word, known, called(context), said))


def called(context: Any) -> str:
    """A command as it is typed: ``llmpick knowledge validate``."""
    return f"llmpick {path(context)}".strip()


def _sentence(kind: str, error: Any, texts: Texts) -> str:
    if kind == "NoSuchOption":
        return _no_option(error.ctx, error.option_name, texts)
    if kind == "BadOptionUsage":
        takes = "flag" if "not take" in error.message else "value"
        return texts.say("errors", takes, name=error.option_name)
    if kind == "MissingParameter":
        missing = argument_name(error.param)
        return texts.say("errors", "argument", name=missing) + _help(called(error.ctx), texts)
    if kind == "BadParameter" and error.param is not None:
        found = re.search("'(.*)'", error.message, re.DOTALL)
        value = printable(found[1] if found else "")
        return texts.say("errors", "wrong", name=_name(error.param), value=value)
    return printable(error.format_message(), 500)


def _no_option(context: Any, name: str, texts: Texts) -> str:
    command = path(context) or "llmpick"
    what = texts.say("errors", "option", command=command, name=printable(name))
    # Of single letters none is nearer than another.
    every = [word for item in context.command.params for word in item.opts if len(word) > len("-x")]
    return what + _way_out(name, every, called(context), texts)


def _name(parameter: Any) -> str:
    argument = parameter.param_type_name == "argument"
    return argument_name(parameter) if argument else max(parameter.opts, key=len)


def _way_out(word: str, known: Iterable[str], command: str, texts: Texts) -> str:
    close = near(word, known, 1)
    if close:
        return texts.say("errors", "nearest", names=close[0])
    return _help(command, texts)


def _help(command: str, texts: Texts) -> str:
    return texts.say("errors", "help", command=command)
