"""The frameworks side by side: the article's table, and the platforms of today."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from recommender.facts import Cell, Framework
from recommender.render.layout import hanging
from recommender.words import Words

CELLS = ("techniques", "throughput", "ease", "hardware", "scenarios", "shortcomings")


def show(frameworks: Sequence[Framework], words: Words, console: Console) -> None:
    """Print one block a framework."""
    for framework in frameworks:
        version = framework.platforms[0].version
        console.print(
            Text.assemble(
                (framework.name, "bold green"), f" {version} · {status(framework, words)}"
            )
        )
        lines = [words.text(framework.summary, _nothing)]
        if framework.article:
            lines += [cell_line(framework, name, words) for name in ("throughput", "ease")]
        listed = " · ".join(platforms(framework, words))
        lines.append(words.labelled(words.key("look.platforms"), listed))
        for line in lines:
            console.print(hanging(Text(line), 3, 5, console))
        console.print()


def cell_line(framework: Framework, name: str, words: Words) -> str:
    """A cell of the article's table with its heading."""
    cell: Cell = getattr(framework.article, name)
    return words.labelled(words.key(f"article.{name}"), words.text(cell.text, _nothing))


def platforms(framework: Framework, words: Words) -> list[str]:
    """Its platforms with the grade of support where it is not plain."""
    return [
        words.said(platform.name)
        if platform.support == "supported"
        else words.noted(words.said(platform.name), words.key(f"support.{platform.support}"))
        for platform in framework.platforms
    ]


def status(framework: Framework, words: Words) -> str:
    """Whether it is developed, in the language of the reader."""
    key = f"status.{framework.status}"
    return words.key(key) if words.has(key) else framework.status


def _nothing(_: str) -> None:
    return None
