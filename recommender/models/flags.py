"""What ``--quant`` and ``--format`` make of a model."""

from dataclasses import replace
from typing import TypeAlias

from recommender.errors import InputError, choices, nearest, printable
from recommender.facts import Model, Problem
from recommender.models import formats, spelling, table

Result: TypeAlias = tuple[Model, tuple[Problem, ...]]

_UNQUANTIZED = ("bf16", "fp16", "fp32")
# What llama.cpp loads from a repository when no type is named (source: local-frameworks, -hf).
_GGUF_DEFAULT = "q4_k_m"


def with_quantization(model: Model) -> Result:
    """A build whose name leaves its quantization open: of GGUF the type that servers take."""
    if model.quantization is None and model.format == "gguf":
        model = replace(model, quantization=_GGUF_DEFAULT)
    taken = f"taken as {model.quantization}" if model.quantization else "unknown"
    what = f"the quantization of {printable(model.id)} is {taken}: its name does not say it exactly"
    return model, (Problem(what=what, fix="add --quant", rule="model.quantization"),)


def apply(
    model: Model, problems: tuple[Problem, ...], quant: str | None, fmt: str | None
) -> Result:
    """``model`` in the wished quantization and file format, from the repository that has them.

    Raises:
        InputError: there is no such quantization or format.
    """
    wish = quantization(quant) if quant else None
    form = file_format(fmt) if fmt else None
    if wish and form is None:
        form = _form_of(wish, model)
    others = tuple(problem for problem in problems if problem.rule != "model.quantization")
    if form is None or (form == model.format and wish in (None, model.quantization)):
        return model, others if wish else problems
    if model.base is None and wish not in _UNQUANTIZED:
        model = _known_repository(model, wish, form)
    changed = replace(model, quantization=wish or _kept(model, form), format=form)
    if changed.quantization is None:
        changed, open_question = with_quantization(changed)
        return changed, (*others, *open_question)
    return changed, (*others, *_contradiction(changed), *_no_build(changed))


def _form_of(quantization: str, model: Model) -> str:
    """16-bit weights may stand in files of any format, other quantizations in their own."""
    if quantization in _UNQUANTIZED and model.format:
        return model.format
    return table.quantizations()[quantization]


def _contradiction(model: Model) -> tuple[Problem, ...]:
    said = spelling.read(model.id)
    if said.quantization in (None, model.quantization) or not said.sure:
        return ()
    what = f"{printable(model.id)} says {said.quantization}, but {model.quantization} was asked for"
    return (Problem(what=what, fix="name the other build", rule="model.quantization"),)


def _no_build(model: Model) -> tuple[Problem, ...]:
    """A catalogue row is no build itself: no repository with the wished weights was found."""
    row = table.index().ids.get(model.id.casefold())
    if row is None or model.quantization in (*_UNQUANTIZED, table.model(row).quantization):
        return ()
    what = f"no repository with {model.quantization} weights of {model.id} is known"
    return (Problem(what=what, fix="name one with --model", rule="model.no-build"),)


def _kept(model: Model, form: str) -> str | None:
    """The quantization that a model has whose file format alone was named."""
    own = model.quantization
    return own if own and table.quantizations().get(own) == form else None


def _known_repository(model: Model, quantization: str | None, form: str) -> Model:
    """The repository that holds this build of a catalogue row, if one is known."""
    repositories = model.gguf_repos if form == "gguf" else model.quantized_repos
    for repository in repositories:
        spelled = spelling.read(repository)
        if form == "gguf" or (spelled.quantization == quantization and spelled.sure):
            name = repository.rpartition("/")[2]
            return replace(model, id=repository, name=name, base=model.id, weights_gib=None)
    return model


def known_quantization(text: str | None) -> str | None:
    """The known word for a quantization as it may be written; the text itself if there is none."""
    return None if text is None else formats.meant(text) or text


def quantization(text: str) -> str:
    """The quantization that ``--quant`` names.

    Raises:
        InputError: there is none of that name.
    """
    known = table.quantizations()
    found = known_quantization(text)
    if found is None or found not in known:
        plain = spelling.plain(text)
        hint = nearest(plain, known) or "; known are bf16, fp8, awq-int4, gptq-int4, q4_k_m, ..."
        message = f"--quant '{printable(text)}' is no quantization that llmpick knows{hint}"
        raise InputError(message)
    return found


def file_format(text: str) -> str:
    """The file format that ``--format`` names.

    Raises:
        InputError: there is none of that name.
    """
    plain = spelling.plain(text)
    known = sorted(set(table.quantizations().values()))
    if plain not in known:
        hint = choices(plain, known)
        message = f"--format '{printable(text)}' is unknown{hint}"
        raise InputError(message)
    return plain
