"""The answer on one screen, for people."""

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Answer, Problem
from recommender.render import others, pick
from recommender.render.layout import hanging, listed
from recommender.render.summary import machine_line, workload_line
from recommender.words import Words


def show(answer: Answer, names: dict[str, str], words: Words, console: Console) -> None:
    """Print the answer: what was found, the pick with reasons and commands, and the others.

    Args:
        answer: what to show.
        names: the display name of every framework by id.
        words: the language.
        console: where to print; its width is used.
    """
    found(answer, words, console)
    if answer.ranking:
        pick.show(answer, names, words, console)
        others.runners_up(answer.ranking, names, words, console)
    else:
        console.print(words.key("table.nothing"), style="bold")
    others.rejected(answer.rejected, names, words, console)
    others.beside(answer.also_consider, words, console)
    others.turns(answer, names, words, console)
    onward(answer, words, console)


def found(answer: Answer, words: Words, console: Console) -> None:
    """Print the machine, the work, and what is wrong with either."""
    for line, style in (
        (machine_line(answer.machine, words), "bold"),
        (workload_line(answer.workload, answer.model, words), ""),
    ):
        console.print(hanging(Text(visible(line), style=style), 0, 2, console))
    for problem in answer.problems:
        console.print(hanging(problem_text(problem, words), 0, 2, console))
    console.print()


def problem_text(problem: Problem, words: Words) -> Text:
    """A problem with its fix on one paragraph."""
    fix = f" → {words.said(problem.fix)}" if problem.fix else ""
    what = visible(words.said(problem.what))
    return Text.assemble(("! ", "yellow"), what, (visible(fix), "dim"))


def onward(answer: Answer, words: Words, console: Console) -> None:
    """Print the commands that follow from the answer."""
    console.print()
    commands = ["llmpick recommend -v", *_onward(answer)]
    console.print(listed(words.key("table.next"), commands, console), style="dim", soft_wrap=True)


def _onward(answer: Answer) -> list[str]:
    if not answer.ranking:
        return ["llmpick doctor"]
    others = [item.framework for item in answer.ranking[1:2]]
    others += [item.framework for item in answer.rejected]
    asked = [f"llmpick explain {name} --why-not" for name in others[:1]]
    return [f"llmpick launch {answer.ranking[0].framework}", *asked]
