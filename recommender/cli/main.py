"""The commands of llmpick and how they end."""

import os
import sys
from typing import Annotated

import typer

from recommender import __version__
from recommender.cli import knowledge_commands, look_commands, recommend_command
from recommender.errors import InputError

app = typer.Typer(
    name="llmpick",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Which LLM serving framework to run on this hardware, why, and its command.",
    epilog="Exit codes: 0 answered, 1 unexpected failure, 2 wrong input, 3 nothing can run here, "
    "5 knowledge invalid. llmpick reads, prints, and changes nothing.",
)
recommend_command.register(app)
look_commands.register(app)
knowledge_commands.register(app)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # Typer passes the flag
    if wanted:
        sys.stdout.write(f"llmpick {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Which LLM serving framework to run on this hardware, why, and with which command."""


def main() -> None:
    """Run a command; wrong input is one sentence and exit code 2, a closed pipe is no error."""
    try:
        app()
    except InputError as error:
        sys.stderr.write(f"llmpick: {error}\n")
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)
