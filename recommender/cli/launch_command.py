"""``llmpick launch``: the plan of one framework, as a script, a manifest or a running server."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from recommender.cli import files, launch_probe, opened, output
from recommender.cli.asking import Asked, Meant, asks, described, meant
from recommender.errors import InputError, visible
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.targets.registry import Target, target
from recommender.words import Words

NOTHING_RUNS = 3

# Work for which a plain language model is no help, and where such a model has others beside it.
_OTHER_KINDS = frozenset(("embedding", "rerank", "vision", "asr", "tts", "image"))
_BESIDE: dict[str, set[str]] = {"embeddings": {"embedding"}, "rag": {"embedding", "rerank"}}


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
    from recommender.launching import opening as usual_opening

    if framework == launch_probe.WORD:
        mixed = run or json or expose or port or name or served_name or for_version
        launch_probe.deliver(asked, to, image, file, force=force, mixed=bool(mixed))
        return
    if run:
        _check_here(asked)
    elsewhere = to is not None and target(to).cluster
    question = meant(replace(asked, model=files.placed(asked.model, elsewhere=elsewhere)))
    named = load().framework(framework)
    chosen = target(to or _usual(question))
    usual = usual_opening(chosen, named.id)
    version, image = opened.version(for_version), opened.image(image, chosen, asked.install)
    opening = replace(
        usual,
        methods=("docker",) if image else usual.methods,
        name=opened.name(name),
        served_name=opened.served_name(served_name),
        port=opened.port(port),
        version=version or usual.version,
        brings=version is not None and not chosen.pinned,
        exposed=expose or usual.exposed,
        guarded=expose or usual.guarded,
        image=image,
        known_image=chosen.image(),
        spans=image is not None and chosen.grouped,
    )
    words = load().speak(question.lang)
    _check_proposed(question, words)
    plan = _plan(named.id, question, chosen, opening, words)
    _tell(question, plan, words)
    if plan.wsl2 and to is None:
        chosen = target("shell")
    if run:
        from recommender.cli.running import serve

        raise typer.Exit(serve(plan, words))
    _deliver(plan, chosen, file, question.lang, force=force, json=json)
    if file not in {None, "-"}:
        from recommender.cli.next_step import mention

        verify = ("verify", f"http://127.0.0.1:{plan.port}")
        mention(words, verify, key="next.plan" if json else "next.start", file=str(file))


def _check_here(asked: Asked) -> None:
    if described(asked):
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
    sys.stderr.write(f"{words.key(key, kinds=sorted(kinds))}\n")
    raise typer.Exit(NOTHING_RUNS)


def _tell(question: Meant, plan: Plan, words: Words) -> None:
    """What is uncertain of the model, beside the file that is written."""
    for problem in question.problems:
        told = [words.said(problem.what)]
        told += [words.key("launch.fix", fix=words.said(problem.fix))] if problem.fix else []
        sys.stderr.write(f"{visible(words.key('value.semicolon').join(told))}\n")
    if plan.weights_gib is None:
        sys.stderr.write(f"{words.key('launch.unchecked')}\n")


def _usual(question: Meant) -> str:
    return "powershell" if question.machine.os.family == "windows" else "shell"


def _plan(framework: str, question: Meant, chosen: Target, opening: Opening, words: Words) -> Plan:
    from recommender.launch.pinning import NoVersionError
    from recommender.launch.served_name import NoNameError
    from recommender.launching import NothingRunsError, launching, suited

    machine, workload = suited(chosen, question.machine, question.workload)
    if opening.image:
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
