"""``llmpick launch``: the plan of one framework, as a script, a manifest or a running server."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli import opened, output
from recommender.cli.asking import Asked, Meant, asks, meant
from recommender.errors import InputError, printable, visible
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.targets.registry import TARGETS, Target, target
from recommender.words import Words

NOTHING_RUNS = 3

# Work for which a plain language model is no help, and where such a model has others beside it.
_OTHER_KINDS = frozenset(("embedding", "rerank", "vision", "asr", "tts", "image"))
_BESIDE: dict[str, set[str]] = {"embeddings": {"embedding"}, "rag": {"embedding", "rerank"}}

_LAUNCH = "The launch"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("launch")(asks(launch))


def launch(
    asked: Asked,
    framework: Annotated[str, typer.Argument(help="A framework: vllm, sglang, llama.cpp, ...")],
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="TARGET",
            help=f"What to write: {', '.join(TARGETS)}.",
            rich_help_panel=_LAUNCH,
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to a file.", rich_help_panel=_LAUNCH
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite that file.", rich_help_panel=_LAUNCH)
    ] = False,
    run: Annotated[
        bool,
        typer.Option(
            "--run", help="Start the server here, in the foreground.", rich_help_panel=_LAUNCH
        ),
    ] = False,
    port: Annotated[
        int | None, typer.Option("--port", help="Its port.", rich_help_panel=_LAUNCH)
    ] = None,
    expose: Annotated[
        bool,
        typer.Option(
            "--expose",
            help="Let other machines reach it; the server then asks for an API key, or the file "
            "says what to put in front.",
            rich_help_panel=_LAUNCH,
        ),
    ] = False,
    served_name: Annotated[
        str | None,
        typer.Option("--served-name", help="The model's name in the API.", rich_help_panel=_LAUNCH),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the service, pod or job.", rich_help_panel=_LAUNCH),
    ] = None,
    for_version: Annotated[
        str | None,
        typer.Option(
            "--for-version",
            metavar="VERSION",
            help="Of the framework: its flags are chosen for this version.",
            rich_help_panel=_LAUNCH,
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            "--image",
            metavar="IMAGE",
            help="Your own image (a mirror, or one with more in it) in place of the known one.",
            rich_help_panel=_LAUNCH,
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="The neutral plan.", rich_help_panel="Output")
    ] = False,
) -> None:
    """Write the script or manifest that starts one framework, or start it here (--run).

    Prints to standard output, or to the file of -o, which is never overwritten without --force.
    Probes this machine unless one is given. Exit code 3 where the framework cannot run.
    """
    if run:
        _check_here(asked)
    elsewhere = to is not None and target(to).cluster
    question = meant(replace(asked, model=_placed(asked.model, elsewhere=elsewhere)))
    named = load().framework(framework)
    chosen = target(to or _usual(question))
    version, image = opened.version(for_version), opened.image(image, chosen, asked.install)
    opening = Opening(
        methods=("docker",) if image else chosen.ways(named.id),
        name=opened.name(name),
        served_name=opened.served_name(served_name),
        port=opened.port(port),
        version=version or chosen.version(named.id),
        brings=version is not None and not chosen.pinned,
        exposed=expose or chosen.inside,
        guarded=expose or chosen.inside or chosen.shared,
        shares_network=chosen.shares_network,
        orchestrated=chosen.cluster,
        image=image,
        known_image=chosen.image(),
        spans=image is not None and chosen.grouped,
    )
    words = Words(table=load().words, lang=question.lang)
    _check_proposed(question, words)
    plan = _plan(named.id, question, chosen, opening, words)
    _tell(question, plan, words)
    if plan.wsl2 and to is None:
        chosen = target("shell")
    if run:
        from recommender.cli.running import serve

        raise typer.Exit(serve(plan, words))
    _deliver(plan, chosen, file, force=force, json=json)


def _check_here(asked: Asked) -> None:
    elsewhere = (asked.machine, asked.gpu, asked.ram, asked.os, asked.arch, asked.cpu)
    if any(word is not None for word in (*elsewhere, asked.driver, asked.nodes)):
        message = "--run starts the server on this machine; leave out --machine, --gpu and the like"
        raise InputError(message)


def _check_proposed(question: Meant, words: Words) -> None:
    """What is proposed is a language model, or one for embeddings where that is the use case."""
    workload = question.workload
    beside = _BESIDE.get(workload.use_case, set())
    kinds = (_OTHER_KINDS & set(workload.features)) - beside
    if workload.use_case == "multimodal":
        kinds |= {"vision"}
    if question.model is not None or not kinds:
        return
    key = "launch.name-embedding" if kinds == {"embedding"} else "launch.name-model"
    sys.stderr.write(f"{words.key(key, kinds=', '.join(sorted(kinds)))}\n")
    raise typer.Exit(NOTHING_RUNS)


def _tell(question: Meant, plan: Plan, words: Words) -> None:
    """What is uncertain of the model, beside the file that is written."""
    for problem in question.problems:
        fix = f"; {words.key('launch.fix', fix=problem.fix)}" if problem.fix else ""
        sys.stderr.write(f"{visible(f'{problem.what}{fix}')}\n")
    if plan.weights_gib is None:
        sys.stderr.write(f"{words.key('launch.unchecked')}\n")


def _placed(model: str | None, *, elsewhere: bool) -> str | None:
    """A model on this disk by its whole path, for a container and a service know no other."""
    if model is None:
        return None
    if visible(model) != model:
        message = f"--model '{printable(model)}' holds invisible characters"
        raise InputError(message)
    relative = model.startswith(("~", "./", "../", ".\\", "..\\")) or model.endswith(".gguf")
    if elsewhere:
        if relative and not model.startswith("/"):
            name = printable(model)
            message = f"--model '{name}' is of this machine: give its absolute path on the others"
            raise InputError(message)
        return model
    here = os.path.expanduser(model)  # noqa: PTH111  # raises nothing without a home
    # What pathlib makes of a path keeps its "..", which a mount does not follow.
    return os.path.abspath(here) if relative or os.path.exists(here) else model  # noqa: PTH100, PTH110


def _usual(question: Meant) -> str:
    return "powershell" if question.machine.os.family == "windows" else "shell"


def _plan(framework: str, question: Meant, chosen: Target, opening: Opening, words: Words) -> Plan:
    from recommender.launch.pinning import NoVersionError
    from recommender.launch.served_name import NoNameError
    from recommender.launching import NothingRunsError, containers, launching

    brings_engine = chosen.cluster or chosen.shares_network
    machine = containers(question.machine) if brings_engine else question.machine
    workload = question.workload
    if opening.methods == ("docker",):
        workload = replace(workload, install="docker")
    try:
        return launching(
            framework, machine, workload, question.model, opening, words, rules=question.rules
        )
    except LookupError as error:
        key = "launch.no-image" if opening.image else "launch.no-way"
        message = words.key(
            key, title=load().titles[framework], target=chosen.name, ways=str(error)
        )
        raise InputError(message) from error
    except (NoNameError, NoVersionError) as error:
        raise InputError(str(error)) from error
    except NothingRunsError as error:
        _explain(error, framework, question, words, chosen)
        raise typer.Exit(NOTHING_RUNS) from error


def _explain(
    error: Exception, framework: str, question: Meant, words: Words, chosen: Target
) -> None:
    """Why nothing is written, and the nearest thing that works."""
    reasons = getattr(error, "reasons", ())
    lines = [words.key("launch.cannot", title=load().titles[framework])]
    for reason in reasons:
        lines.append(f"  {reason.text}")
        lines += [f"    {words.key('launch.fix', fix=reason.fix)}"] if reason.fix else []
    single = load().kubernetes.groups.single(framework) if chosen.grouped else None
    if single and question.machine.nodes > 1:
        said = [words.text(text, lambda _: None) for text in (single.text, single.instead)]
        lines.append(f"  {words.key('launch.one-machine', why=said[0], instead=said[1])}")
    best = next(iter(question.answer().ranking), None)
    if best:
        lines.append(words.key("launch.instead", framework=best.framework))
    sys.stderr.write("".join(f"{visible(line)}\n" for line in lines))


def _deliver(plan: Plan, chosen: Target, file: str | None, *, force: bool, json: bool) -> None:
    text = _json(plan) if json else chosen.write(plan)
    if file is None or file == "-":
        output.write(text.removesuffix("\n"))
    else:
        _save(file, text, force=force)


def _json(plan: Plan) -> str:
    from recommender.render.document import as_json
    from recommender.targets.neutral import document

    return f"{as_json(document(plan), indent=True)}\n"


def _save(file: str, text: str, *, force: bool) -> None:
    path = Path(file)
    if not file or path.is_dir():
        message = f"-o '{printable(file)}' names no file; give the file's own name, or - to print"
        raise InputError(message)
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        message = f"{printable(file)} exists; --force overwrites it"
        raise InputError(message) from error
    except OSError as error:
        message = f"{printable(file)} cannot be written ({error.strerror})"
        raise InputError(message) from error
