"""Where a model's facts come from: its files on this machine, the catalogue, or a hub."""

from dataclasses import replace
from pathlib import Path

from recommender.errors import InputError, printable
from recommender.facts import Model, Problem
from recommender.models import catalogue, flags, spelling
from recommender.models.flags import Result

_MARKS = (".gguf", "config.json", ".safetensors", "adapter_config.json", "model_index.json")
_ADD_HUB = "add --hub to read its config from the hub"


def read(
    text: str,
    *,
    hub: bool = False,
    region: str | None = None,
    quant: str | None = None,
    fmt: str | None = None,
    offline: bool = False,
) -> Result:
    """The model that ``text`` means, with what is uncertain about it.

    A path that exists wins over the catalogue. A model of the catalogue is never asked for on a
    hub; a build of one is with ``hub``, for the catalogue has no sizes of its files. Without
    ``hub`` nothing is.

    Args:
        text: a path, a hub repository, an Ollama tag, or a name like ``llama 3.1 8b``.
        hub: whether a repository that is no model of the catalogue may be read from its hub.
        region: ``CN`` for ModelScope instead of Hugging Face.
        quant: the quantization to use instead of the one that the name says.
        fmt: the file format: safetensors, gguf or mlx.
        offline: whether there is no network; nothing is then asked for.

    Raises:
        InputError: nothing is called that, its files contradict themselves, the hub does not give
            them, or the quantization or format is unknown.
    """
    here = _here(text)
    if here is not None:
        return _files_of(here, text.strip(), quant, fmt)
    found, problems = catalogue.find_model(text, quant, fmt)
    if _is_path(text):
        return found, (_not_here(text), *problems)
    if hub and "/" in text and not catalogue.by_id(spelling.plain(text).rstrip("/")):
        return _of_hub(text, region, quant, fmt, offline=offline)
    return found, tuple(_with_fix(problem, text) for problem in problems)


def _with_fix(problem: Problem, text: str) -> Problem:
    fits = problem.rule == "model.unknown" and "/" in text
    return replace(problem, fix=_ADD_HUB) if fits else problem


def _not_here(text: str) -> Problem:
    what = f"{printable(text)} is not on this machine: what is known of it is from its name"
    return Problem(what=what, fix="check the path, if it should be", rule="model.not-here")


def _is_path(text: str) -> bool:
    """Whether the text can be nothing but a path."""
    marked = "\\" in text or text.strip().startswith((".", "/", "~"))
    return marked or text.strip().casefold().endswith(".gguf")


def _here(text: str) -> Path | None:
    """The file or folder that the text names; a mere word is one only if a model lies there."""
    try:
        path = Path(text.strip()).expanduser()
        if not text.strip() or not path.exists():
            return None
        holds = path.is_dir() and any(item.name.endswith(_MARKS) for item in path.iterdir())
    except (OSError, RuntimeError, ValueError):  # no home, a NUL, a name that is too long
        return None
    return path if holds or _is_path(text) else None


def _files_of(path: Path, identity: str, quant: str | None, fmt: str | None) -> Result:
    from recommender.models import repository
    from recommender.models.reading import LocalFolder

    wished = flags.quantization(quant) if quant else None
    if path.is_dir():
        model = repository.read(LocalFolder(path=path, typed=identity), identity, wished, fmt)
    elif path.name.casefold().endswith(".gguf"):
        folder = LocalFolder(path=path.parent, typed=identity.removesuffix(path.name))
        model = repository.of_gguf(folder, path.name, identity)
    else:
        message = f"--model {printable(path)}: is no GGUF file; name one, or a model's folder"
        raise InputError(message)
    return _wished(model, wished, fmt)


def _of_hub(
    text: str, region: str | None, quant: str | None, fmt: str | None, *, offline: bool
) -> Result:
    from recommender.models import hub, repository

    if offline:
        message = f"--hub asks for {printable(text)}, which --offline forbids; drop one of them"
        raise InputError(message)
    whole = spelling.without_hub(text.strip()).rstrip("/")
    identity, _, tag = whole.partition(":")
    wished = flags.quantization(quant or tag) if quant or tag else None
    return _wished(repository.read(hub.files(identity, region), whole, wished, fmt), wished, fmt)


def _wished(model: Model, quant: str | None, fmt: str | None) -> Result:
    """The model as its files say; a wish that they contradict is a problem, no fact."""
    form = flags.file_format(fmt) if fmt else None
    wrong = [
        (wish, own)
        for wish, own in ((quant, model.quantization), (form, model.format))
        if wish and own and wish != own
    ]
    problems = tuple(
        Problem(
            what=f"{printable(model.id)} holds {own} weights, but {wish} was asked for",
            fix="name the other build",
            rule="model.quantization",
        )
        for wish, own in wrong
    )
    if model.quantization is None and quant:
        return replace(model, quantization=quant), problems
    if model.quantization is None:
        what = f"the quantization of {printable(model.id)} is unknown: its files do not say it"
        return model, (Problem(what=what, fix="add --quant", rule="model.quantization"),)
    return model, problems
