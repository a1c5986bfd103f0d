"""``llmpick completion`` and ``llmpick man``: llmpick's own texts for a shell and for man."""

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli import inputs, options, output

_FOLDER = Path(__file__).parent / "completions"
_SCRIPTS = {
    "bash": "llmpick.bash",
    "zsh": "llmpick.zsh",
    "fish": "llmpick.fish",
    "powershell": "llmpick.ps1",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("completion")(completion)
    app.command("man")(man)


def completion(shell: Annotated[str, typer.Argument(metavar="SHELL")]) -> None:
    """Print the script that completes llmpick's words in a shell."""
    name = _SCRIPTS[inputs.one_of("SHELL", shell, _SCRIPTS)]
    output.write((_FOLDER / name).read_text(encoding="utf-8").rstrip("\n"))


def man(lang: options.Lang = None) -> None:
    """Print the manual page."""
    from recommender.cli.helping.manual import manual
    from recommender.cli.helping.texts import texts
    from recommender.cli.main import application

    output.write(manual(typer.main.get_command(application(())), texts(inputs.language(lang))))
