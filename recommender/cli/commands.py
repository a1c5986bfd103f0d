"""Typer's commands with llmpick's own help, and with one sentence for what is used wrongly."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from recommender.cli import output


class Application(typer.Typer):
    """A group whose commands and groups show llmpick's help."""

    def __init__(self, **settings: Any) -> None:
        """A group of that name and with those settings, as Typer takes them."""
        super().__init__(cls=Group, add_completion=False, **settings)

    def command(self, *names: Any, **settings: Any) -> Any:
        """A command of the group, as Typer makes it."""
        return super().command(*names, cls=Command, **settings)


class Command(TyperCommand):
    """A command whose help is told from knowledge/help.yaml."""

    allow_extra_args = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is left of the words after the options and arguments: nothing.

        Raises:
            InputError: a word is too many.
        """
        left = super().parse_args(ctx, args)
        if left and not ctx.resilient_parsing:
            from recommender.cli.helping.wrong import too_many

            raise too_many(ctx, left[0])
        return left

    def get_help(self, ctx: Any) -> str:
        """The whole page, in the language of the command line."""
        return _help(self, ctx)


class Group(TyperGroup):
    """A group of commands whose help is told from knowledge/help.yaml."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that a word names.

        Raises:
            InputError: there is none of that name.
        """
        if args[0] not in self.commands and not args[0].startswith("-"):
            from recommender.cli.helping.wrong import no_command

            raise no_command(ctx, args[0])
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        """The whole page, in the language of the command line."""
        return _help(self, ctx)


def _help(command: Any, context: Any) -> str:
    from recommender.cli.helping.pages import page
    from recommender.cli.helping.screen import screen
    from recommender.cli.helping.texts import texts

    # The colours are rich's to leave out, which knows FORCE_COLOR and NO_COLOR.
    context.color = True
    said = texts()
    return screen(page(command, path(context), said), said, output.console())


def path(context: Any) -> str:
    """The words of a command after llmpick."""
    words = []
    while context.parent is not None:
        words.append(context.info_name)
        context = context.parent
    return " ".join(reversed(words))
