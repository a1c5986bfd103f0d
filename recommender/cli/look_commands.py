"""``llmpick explain`` and ``frameworks``: looking without asking for a pick."""

from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.facts import Answer, Framework, Workload
from recommender.knowledge import Knowledge, load
from recommender.words import Words


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("explain")(explain)
    app.command("frameworks")(frameworks)


def explain(
    framework: Annotated[str, typer.Argument(help="The framework: vllm, sglang, ollama, ...")],
    machine: options.MachineFile = None,
    gpu: options.Gpu = None,
    ram: options.Ram = None,
    os: options.OsName = None,
    use_case: options.UseCase = "personal",
    concurrency: options.Concurrency = 1,
    model: options.ModelName = None,
    lifecycle: options.Lifecycle = None,
    rules: options.Rules = "current",
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Explain one framework: the article's row, what is true today, and its place here."""
    form = output.chosen(out, json=json)
    language = inputs.language(lang)
    inputs.one_of("--rules", rules, ("current", "article"))
    known = load()
    asked = known.framework(framework)
    wish = Workload(use_case=use_case, concurrency=concurrency, lifecycle=lifecycle)
    inputs.workload(known, wish)
    named, problems = inputs.model(model, None, None)
    described = inputs.Described(
        gpus=gpu or (), ram_gib=ram, os=os, arch=None, cpu=None, driver=None, nodes=None
    )
    here = inputs.machine(machine, described)
    from recommender.pipeline import recommend

    answer = recommend(here, wish, named, rules=rules, lang=language, problems=problems)
    if form == "name":
        output.write(asked.id)
    else:
        _explain(answer, asked, known, Words(table=known.words, lang=language), form)


def _explain(
    answer: Answer, framework: Framework, known: Knowledge, words: Words, form: str
) -> None:
    from recommender.render import explanation

    if form == "json":
        output.write_json(explanation.document(answer, framework, known.rules, words))
    else:
        explanation.show(answer, framework, known.rules, words, output.console())


def frameworks(
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """List the frameworks: the article's row of each, its version and platforms of today."""
    form = output.chosen(out, json=json)
    known = load()
    words = Words(table=known.words, lang=inputs.language(lang))
    if form == "json":
        output.write_json(list(known.frameworks))
    elif form == "name":
        for framework in known.heads:
            output.write(framework.id)
    else:
        from recommender.render.frameworks import show

        show(known.frameworks, words, output.console())
