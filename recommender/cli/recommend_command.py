"""``llmpick recommend``: the answer."""

import typer

from recommender.cli import inputs, options, output
from recommender.facts import Answer, Workload
from recommender.knowledge import load

NOTHING_RUNS = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("recommend")(recommend)


def recommend(  # one parameter an option
    machine: options.MachineFile = None,
    gpu: options.Gpu = None,
    ram: options.Ram = None,
    os: options.OsName = None,
    arch: options.Arch = None,
    cpu: options.CpuName = None,
    driver: options.Driver = None,
    nodes: options.Nodes = None,
    use_case: options.UseCase = "personal",
    concurrency: options.Concurrency = 1,
    model: options.ModelName = None,
    quant: options.Quant = None,
    fmt: options.Format = None,
    context: options.Context = 8192,
    priority: options.Priority = None,
    need: options.Need = None,
    install: options.Install = None,
    offline: options.Offline = False,
    region: options.Region = None,
    lifecycle: options.Lifecycle = None,
    allow: options.Allow = None,
    rules: options.Rules = "current",
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Rank the serving frameworks for this machine and work, with reasons and commands.

    Probes this machine unless one is given. Changes nothing.
    """
    form = output.chosen(out, json=json)
    language = inputs.language(lang)
    inputs.one_of("--rules", rules, ("current", "article"))
    wish = Workload(
        use_case=use_case,
        concurrency=concurrency,
        priority=priority,
        context_tokens=context,
        features=tuple(need or ()),
        install=install,
        offline=offline,
        region=region,
        lifecycle=lifecycle,
        allow=tuple(allow or ()),
    )
    inputs.workload(load(), wish)
    named, problems = inputs.model(model, quant, fmt)
    described = inputs.Described(
        gpus=gpu or (), ram_gib=ram, os=os, arch=arch, cpu=cpu, driver=driver, nodes=nodes
    )
    here = inputs.machine(machine, described)
    from recommender.pipeline import recommend as decide
    from recommender.rules.instead import NOTHING_HOLDS_IT

    answer = decide(here, wish, named, rules=rules, lang=language, problems=problems)
    _write(answer, form, language)
    nowhere = any(problem.rule == NOTHING_HOLDS_IT for problem in answer.problems)
    if nowhere or not answer.ranking:
        raise typer.Exit(NOTHING_RUNS)


def _write(answer: Answer, form: str, lang: str) -> None:
    if form == "json":
        output.write_json(answer)
    elif form == "name":
        from recommender.render.document import names

        if answer.ranking:
            output.write(names(answer))
    else:
        from recommender.render.terminal import show
        from recommender.words import Words

        known = load()
        titles = {framework.id: framework.name for framework in known.heads}
        show(answer, titles, Words(table=known.words, lang=lang), output.console())
