"""Wrong usage, told in another language than Typer's."""

import sys
from collections.abc import Sequence
from typing import Any

from recommender.cli.language import in_language, of_arguments
from recommender.errors import visible
from recommender.knowledge import load


def tell(error: Any, arguments: Sequence[str]) -> int:
    """Say what is wrong with the words of a command line, and how it is used.

    Args:
        error: what Typer raised: it has ``format_message()``, ``ctx`` and ``exit_code``.
        arguments: the words.

    Returns:
        The exit code.
    """
    context = error.ctx
    # Typer has printed the help where a command was given nothing at all.
    if type(error).__name__ != "NoArgsIsHelpError":
        message = in_language(visible(error.format_message()), arguments)
        lines = [f"llmpick: {message}"]
        if context is not None:
            words = load().speak(of_arguments(arguments))
            usage = " ".join(context.command.collect_usage_pieces(context))
            usage = f"{context.command_path} {usage}"
            lines += [words.key("usage", usage=usage, help=f"{context.command_path} -h")]
        sys.stderr.write("".join(f"{line}\n" for line in lines))
    return int(error.exit_code)
