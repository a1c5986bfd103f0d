"""``llmpick explain`` and ``frameworks``: looking without asking for a pick."""

from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.cli.asking import Asked, Meant, asks, meant
from recommender.facts import Framework
from recommender.facts.explanation import Explanation
from recommender.facts.why_not import WhyNot
from recommender.knowledge import load


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("explain")(asks(explain))
    app.command("frameworks")(frameworks)


def explain(
    asked: Asked,
    framework: Annotated[str, typer.Argument(metavar="FRAMEWORK")],
    *,
    why_not: Annotated[bool, typer.Option("--why-not")] = False,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Explain one framework: the article beside today's facts, and its place here.

    With --why-not: every rule that failed, the fact and its source, and the smallest change after
    which the framework runs. Changes nothing.
    """
    form = output.chosen(out, json=json)
    named = load().framework(framework)
    question = meant(asked)
    if form == "name":
        output.write(named.id)
    elif why_not:
        _why_not(named, question, form)
    else:
        _explain(named, question, form)
    if form == "table":
        _suggest(named, asked, why_not=why_not, lang=question.lang)


def _suggest(named: Framework, asked: Asked, *, why_not: bool, lang: str) -> None:
    """What stops it, after what it is; the whole ranking after that."""
    from recommender.cli.next_step import same, suggest

    further = ("recommend",) if why_not else ("explain", named.id, "--why-not")
    suggest(load().speak(lang), (*further, *same(asked)))


def _explain(framework: Framework, question: Meant, form: str) -> None:
    if output.written(explained(framework, question), form):
        return
    from recommender.render import explanation

    known = load()
    answer, words = question.answer(include=(framework.id,)), known.speak(question.lang)
    explanation.show(answer, framework, known, words, output.console())


def explained(framework: Framework, question: Meant) -> Explanation:
    """The explanation of a framework for programs."""
    from recommender.render import explanation

    known = load()
    answer = question.answer(include=(framework.id,))
    return explanation.document(answer, framework, known, known.speak(question.lang))


def _why_not(framework: Framework, question: Meant, form: str) -> None:
    from recommender.render import why_not as render

    found = why_not(framework, question)
    if not output.written(found, form):
        words = load().speak(question.lang)
        render.show(found, framework, words, output.console())


def why_not(framework: Framework, question: Meant) -> WhyNot:
    """Why a framework does not run or lead there, and what would change it."""
    from recommender import pipeline

    return pipeline.why_not(
        framework.id,
        question.machine,
        question.workload,
        question.model,
        rules=question.rules,
        lang=question.lang,
        problems=question.problems,
    )


def frameworks(
    knowledge: options.KnowledgeFolder = None,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """List the frameworks: the article's row of each, its version and platforms of today."""
    del knowledge  # its callback has named the folder
    form = output.chosen(out, json=json)
    known = load()
    words = known.speak(inputs.language(lang))
    if output.written(list(known.frameworks), form):
        return
    if form == "name":
        for framework in known.heads:
            output.write(framework.id)
    else:
        from recommender.render.frameworks import show

        every = (*known.frameworks, *known.challengers)
        show(every, known.conflicts, words, output.console())
        from recommender.cli.next_step import suggest

        suggest(words, ("explain", known.heads[0].id), ("recommend",))
