"""``llmpick launch``: the plan of one framework, as a script, a manifest or a running server."""

import sys
from typing import Annotated

import typer

from recommender.cli import files, launch_probe, output
from recommender.cli.asking import Asked, Meant, asks, described
from recommender.cli.planning import NothingPlannedError, Planned, Wanted, planned
from recommender.errors import InputError, visible
from recommender.facts.plan import Plan
from recommender.knowledge import load
from recommender.targets.registry import Target, target
from recommender.words import Words

NOTHING_RUNS = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("launch")(asks(launch))


def launch(
    asked: Asked,
    framework: Annotated[str, typer.Argument(metavar="FRAMEWORK")],
    *,
    to: Annotated[str | None, typer.Option("--target", "-t", metavar="TARGET")] = None,
    file: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE")] = None,
    force: Annotated[bool, typer.Option("--force")] = False,
    run: Annotated[bool, typer.Option("--run")] = False,
    port: Annotated[int | None, typer.Option("--port", metavar="PORT")] = None,
    expose: Annotated[bool, typer.Option("--expose")] = False,
    served_name: Annotated[str | None, typer.Option("--served-name")] = None,
    name: Annotated[str | None, typer.Option("--name")] = None,
    for_version: Annotated[str | None, typer.Option("--for-version", metavar="VERSION")] = None,
    image: Annotated[str | None, typer.Option("--image", metavar="IMAGE")] = None,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Write the script or manifest that starts one framework, or start it here (--run).

    Prints to standard output, or to the file of -o, which is never overwritten without --force.
    Probes this machine unless one is given. Exit code 3 where the framework cannot run.
    """
    if framework == launch_probe.WORD:
        mixed = run or json or expose or port or name or served_name or for_version
        launch_probe.deliver(asked, to, image, file, force=force, mixed=bool(mixed))
        return
    if run:
        _check_here(asked)
    wanted = Wanted(
        to=to,
        port=port,
        expose=expose,
        served_name=served_name,
        name=name,
        for_version=for_version,
        image=image,
    )
    found = _found(asked, framework, wanted)
    plan, question = found.plan, found.question
    words = load().speak(question.lang)
    _tell(question, plan, words)
    chosen = target("shell") if plan.wsl2 and to is None else found.target
    if run:
        from recommender.cli.running import serve

        raise typer.Exit(serve(plan, words))
    _deliver(plan, chosen, file, question.lang, force=force, json=json)
    if file not in {None, "-"}:
        from recommender.cli.next_step import mention

        verify = ("verify", f"http://127.0.0.1:{plan.port}")
        mention(words, verify, key="next.plan" if json else "next.start", file=str(file))


def _found(asked: Asked, framework: str, wanted: Wanted) -> Planned:
    try:
        return planned(asked, framework, wanted)
    except NothingPlannedError as error:
        sys.stderr.write("".join(f"{visible(line)}\n" for line in error.args))
        raise typer.Exit(NOTHING_RUNS) from error


def _check_here(asked: Asked) -> None:
    if described(asked):
        message = "--run starts the server on this machine; leave out --machine, --gpu and the like"
        raise InputError(message)


def _tell(question: Meant, plan: Plan, words: Words) -> None:
    """What is uncertain of the model, beside the file that is written."""
    for problem in question.problems:
        told = [words.said(problem.what)]
        told += [words.key("launch.fix", fix=words.said(problem.fix))] if problem.fix else []
        sys.stderr.write(f"{visible(words.key('value.semicolon').join(told))}\n")
    if plan.weights_gib is None:
        sys.stderr.write(f"{words.key('launch.unchecked')}\n")


def _deliver(
    plan: Plan, chosen: Target, file: str | None, lang: str, *, force: bool, json: bool
) -> None:
    text = _json(plan) if json else chosen.write(plan)
    if lang == "zh" and not json:
        text = load().translator.file(text)
    if file is None or file == "-":
        output.write(text.removesuffix("\n"))
    else:
        named = text if json else files.named(text, file)
        files.save(file, named, force=force, mark=chosen.name == "powershell")


def _json(plan: Plan) -> str:
    from recommender.render.document import as_json
    from recommender.targets.neutral import document

    return f"{as_json(document(plan), indent=True)}\n"
