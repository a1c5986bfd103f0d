"""``llmpick verify``: whether a running server answers, how fast, and what was predicted."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.cli.progress import working
from recommender.errors import InputError, printable
from recommender.facts import Machine, Model, Problem
from recommender.facts.measurement import Verification
from recommender.facts.noun import changed
from recommender.knowledge import load
from recommender.serving.address import address
from recommender.serving.client import Client, Key, WrongAnswer
from recommender.serving.measurements import append
from recommender.serving.verifying import Asking, Found, ask_server
from recommender.verifying import Served, measurement, verification
from recommender.words import Words

ANSWERED_WRONGLY = 1
_VARIABLES = ("OPENAI_API_KEY", "LLMPICK_API_KEY")
_MOST_USERS, _MOST_TOKENS, _LONGEST_S = 256, 100_000, 86_400.0


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("verify")(verify)


def verify(
    url: Annotated[str, typer.Argument(metavar="URL")],
    *,
    model: Annotated[str | None, typer.Option("--model", metavar="MODEL")] = None,
    weights: Annotated[str | None, typer.Option("--weights", metavar="MODEL")] = None,
    quant: options.Quant = None,
    framework: Annotated[str | None, typer.Option("--framework", metavar="NAME")] = None,
    api_key_env: Annotated[str | None, typer.Option("--api-key-env", metavar="NAME")] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", metavar="COUNT")] = 8,
    prompt_tokens: Annotated[int, typer.Option("--prompt-tokens", metavar="TOKENS")] = 128,
    max_tokens: Annotated[int, typer.Option("--max-tokens", metavar="TOKENS")] = 128,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS")] = 120.0,
    machine: options.MachineFile = None,
    gpu: options.Gpu = None,
    devices: Annotated[int | None, typer.Option("--devices", metavar="COUNT")] = None,
    save: Annotated[Path | None, typer.Option("--save", metavar="FILE")] = None,
    no_save: Annotated[bool, typer.Option("--no-save")] = False,
    knowledge: options.KnowledgeFolder = None,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Ask a running OpenAI-compatible server, time it, and keep what was measured.

    A completion, a stream, then one and N users, beside what llmpick predicts. `fit`, `recommend`
    and `compare` show it from then on as measured. Exit code 1 where it answers wrongly.
    """
    del knowledge  # its callback has named the folder
    form = output.chosen(out, json=json, known=output.FORMS[:-1])
    words = load().speak(inputs.language(lang))
    if save is not None and no_save:
        message = "--save and --no-save exclude each other"
        raise InputError(message)
    asking = Asking(
        model=model,
        framework=load().framework(framework).id if framework else None,
        concurrency=_between("--concurrency", concurrency, _MOST_USERS),
        prompt_tokens=_between("--prompt-tokens", prompt_tokens, _MOST_TOKENS),
        max_tokens=_between("--max-tokens", max_tokens, _MOST_TOKENS),
    )
    if not 0 < timeout <= _LONGEST_S:
        message = f"--timeout is {timeout:g}; it must be above 0 and at most {_LONGEST_S:g} seconds"
        raise InputError(message)
    where = address(url)
    client = Client(where, timeout, _key(api_key_env))
    found = _asked(client, asking, words)
    name = weights or _name(found, local=where.local)
    known, doubts = _model(name, quant or _told(found), typed=bool(weights or quant))
    described = _machine(machine, gpu, devices, local=where.local)
    served = Served(model=known, machine=described, devices=devices)
    told = verification(found, served, where.text, words)
    told = changed(told, problems=(*doubts, *told.problems))
    if not no_save:
        told = _kept(told, known, save or inputs.measurements_file(), words)
    _write(told, form, words)


def _between(option: str, value: int, most: int, least: int = 1) -> int:
    if not least <= value <= most:
        message = f"{option} is {value}; it must be between {least} and {most}"
        raise InputError(message)
    return value


def _key(variable: str | None) -> Key | None:
    for name in (variable,) if variable is not None else _VARIABLES:
        value = os.environ.get(name, "").strip()
        if value and not (value.isascii() and value.isprintable()):
            message = f"the variable {printable(name)} holds no key: it has characters of no header"
            raise InputError(message)
        if value:
            return Key(value=value, variable=name, named=variable is not None)
    if variable is not None:
        message = f"--api-key-env {printable(variable)}: that variable is not set or empty"
        raise InputError(message)
    return None


def _asked(client: Client, asking: Asking, words: Words) -> Found:
    def told(step: str) -> str:
        return words.key(f"verify.step.{step}", count=asking.concurrency)

    try:
        with working(told("models")) as tell:
            return ask_server(client, asking, lambda step: tell(told(step)))
    except WrongAnswer as error:
        sys.stderr.write(f"llmpick: {printable(words.said(str(error)), 500)}\n")
        raise typer.Exit(ANSWERED_WRONGLY) from None


def _name(found: Found, *, local: bool) -> str:
    """What the server calls its weights; a path of another machine is no path of this one."""
    name = found.server.weights or found.model
    if local and not (Path(name).exists() and not _is_model(Path(name))):
        return name
    return name.replace("\\", "/").rpartition("/")[2] if name.endswith(".gguf") else name


def _is_model(path: Path) -> bool:
    """Whether a path is of the kind that models have: a server may name any file of it."""
    return path.is_dir() or (path.is_file() and path.suffix == ".gguf")


def _told(found: Found) -> str | None:
    """The quantization that the server tells, as llmpick calls it."""
    from recommender.models.formats import meant

    return meant(found.server.quantization or "", "gguf")


def _model(
    name: str, quant: str | None, *, typed: bool
) -> tuple[Model | None, tuple[Problem, ...]]:
    """The model behind a name; only one that somebody typed must be known."""
    try:
        found, problems = inputs.model(name, None, None)
        if quant is not None and found is not None and found.quantization != quant:
            found, problems = inputs.model(name, quant, None)
    except InputError:
        if typed:
            raise
        return None, ()
    # That a model is not on this machine is no wonder where another one serves it.
    return found, tuple(one for one in problems if one.rule != "model.not-here")


def _machine(
    file: str | None, gpus: list[str] | None, devices: int | None, *, local: bool
) -> Machine | None:
    """The machine of the server: the one described, this one, or None where it is elsewhere."""
    if devices is not None:
        _between("--devices", devices, _MOST_USERS, least=0)
    if file is None and not gpus and not local:
        return None
    nothing = dict.fromkeys(("ram_gib", "os", "arch", "cpu", "driver", "nodes"))
    return inputs.machine(file, {"gpus": gpus or (), **nothing})  # type: ignore[typeddict-item]


def _kept(told: Verification, model: Model | None, file: Path, words: Words) -> Verification:
    """The answer with the file that the measurement was added to, or why it was not."""
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    line = measurement(told, model, at)
    if line is None:
        rule = "verify.not-kept"
        problem = Problem(what=words.key(rule), rule=rule)
        return changed(told, problems=(*told.problems, problem))
    append(file, line)
    return changed(told, saved=str(file))


def _write(told: Verification, form: str, words: Words) -> None:
    if not output.written(told, form):
        from recommender.render.verification import show

        show(told, load().titles, words, output.console())
        _suggest(told, words)


def _suggest(told: Verification, words: Words) -> None:
    """Where the measurement shows from now on."""
    from recommender.cli.next_step import suggest

    if told.saved and told.weights:
        suggest(words, ("fit", told.weights))
