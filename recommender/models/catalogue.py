"""From what somebody typed to a model: a catalogue row, a build of one, or itself."""

import re
from dataclasses import replace

from recommender.errors import InputError, near, nearest, printable
from recommender.facts import Model, Problem
from recommender.models import flags, spelling, table
from recommender.models.flags import Result
from recommender.models.rows import rows
from recommender.models.spelling import Spelled
from recommender.patterns import lazily

_LONGEST = 500
_HUB_ID = lazily(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
# A name with a size that differs by more than this is another model than the one it mentions.
_SAME_SIZE = 0.25
# How much of a name two spellings of it share, of 1: two digits that changed places leave 0.88.
_MISSPELT = 0.85
_ARCHITECTURE = (
    *("family", "params", "active_params", "layers", "hidden", "heads", "kv_heads", "head_dim"),
    *("vocab", "context", "kv_bytes_per_token", "mla", "moe", "moe_intermediate", "intermediate"),
    *("experts", "experts_per_token", "full_layers", "global_kv_heads", "global_head_dim"),
    *("sliding_layers", "sliding_window", "linear_layers", "state_bytes", "kv_lora_rank"),
    *("rope_head_dim", "tied", "extra_params", "vision_heads"),
)
_BUILDS = ("gguf_repos", "quantized_repos", "ollama_tag")


def by_id(model_id: str) -> Model | None:
    """The catalogue row with this id in any case, None if there is none."""
    position = table.index().ids.get(model_id.casefold())
    return None if position is None else table.model(position)


def quantization_of(repository: str) -> str | None:
    """The quantization that the name of a repository or file says, None if it says none."""
    return spelling.read(repository).quantization


def merge(model: Model) -> Model:
    """``model`` with unknown facts of its architecture from its catalogue row, if it has one.

    The row is found by the model's id, its base or its name. Where other builds are is taken only
    for a build of the row itself, not for a fine-tune of it.
    """
    model = replace(
        model,
        quantization=flags.known_quantization(model.quantization),
        task=model.task or spelling.task(model.id),
    )
    row = (by_id(model.base) if model.base else None) or _row(spelling.read(model.id))
    if row is None or _differs(model, row):
        return model
    same = row.id.casefold() == model.id.casefold() or _row(spelling.read(model.id)) == row
    names = (*_ARCHITECTURE, *_BUILDS) if same else _ARCHITECTURE
    unknown = {n: getattr(row, n) for n in names if getattr(model, n) in (None, (), {})}
    if row.id.casefold() != model.id.casefold() and model.base is None:
        unknown["base"] = row.id
    return replace(model, **unknown)


def _differs(model: Model, row: Model) -> bool:
    """Whether the files of a model say another architecture than the row of the same name."""
    own, known = (model.layers, model.hidden), (row.layers, row.hidden)
    return None not in (*own, *known) and own != known


def find_model(text: str, quant: str | None = None, fmt: str | None = None) -> Result:
    """The model that ``text`` means, with what is uncertain about it.

    A quantized or fine-tuned repository is itself: it keeps the id that was typed, and names the
    catalogue row that it was made from as its base.

    Args:
        text: a hub repository, a path, an Ollama tag, or a name like ``llama 3.1 8b``.
        quant: the quantization to use instead of the one that the name says.
        fmt: the file format: safetensors, gguf or mlx.

    Raises:
        InputError: the text is empty or fits nothing, or the quantization or format is unknown.
    """
    model, problems = _identified(_checked(text))
    return flags.apply(model, problems, quant, fmt)


def _checked(text: str) -> str:
    stripped = spelling.without_hub(text.strip())
    reasons = {
        "is empty": not stripped,
        "is too long": len(stripped) > _LONGEST,
        "starts with a dash": stripped.startswith("-"),
    }
    for reason, holds in reasons.items():
        if holds:
            message = f"--model '{printable(text)}' {reason}; write a name, org/name or a path"
            raise InputError(message)
    return stripped


def _identified(text: str) -> Result:
    plain = spelling.plain(text).rstrip("/")
    known = by_id(plain)
    if known:
        return known, ()
    build = table.known_builds().ids.get(plain) if "/" in plain else None
    if build:
        return _build(build[0], table.model(build[1]), spelling.read(build[0]))
    if _is_path(text):
        return _itself(text)
    found = _named(text, plain)
    if found:
        return found
    if not _HUB_ID.fullmatch(text):
        return _unknown(text, spelling.read(text))
    raise _nothing_fits(text, plain)


def _is_path(text: str) -> bool:
    """Whether the text is a repository or a path, rather than words for a model."""
    marked = "/" in text or "\\" in text or text.startswith((".", "~"))
    return marked or text.casefold().endswith(".gguf")


def _nothing_fits(text: str, plain: str) -> InputError:
    names = [row["id"].rpartition("/")[2] for row in rows()]
    inside = _contained(spelling.read(plain))
    hint = f"; did you mean {inside.name}" if inside else nearest(plain, names).rstrip("?")
    way = "; or write org/name or a path" if hint else "; write org/name or a path"
    message = f"--model '{printable(text)}' is no model that llmpick knows{hint}{way}"
    return InputError(message)


def _alias(text: str, ids: tuple[str, ...]) -> Result:
    model = by_id(ids[0])
    if model is None:
        message = f"--model '{printable(text)}' stands for {ids[0]}, which the catalogue lacks"
        raise InputError(message)
    others = ", ".join(ids[1:])
    return model, (_ambiguous(text, ids[0], others),) if others else ()


def _ambiguous(text: str, taken: str, others: str) -> Problem:
    what = f"'{printable(text)}' fits several models and is taken as {taken}; others are {others}"
    return Problem(what=what, fix="write the whole id", rule="name.ambiguous")


def _named(text: str, plain: str) -> Result | None:
    """A row, a known build, or a build of a row, by words without an organization."""
    index, key = table.index(), spelling.squashed(plain)
    position = index.tags.get(plain, index.names.get(key))
    if position is None and key in index.aliases:
        return _alias(text, index.aliases[key])
    if position is not None:
        return table.model(position), ()
    short = index.short.get(key)
    if short is not None and _same_size(table.model(short), spelling.read(plain)):
        return table.model(short), ()
    return _named_build(text, key) or _tagged(text, plain) or _similar(text, plain)


def _named_build(text: str, key: str) -> Result | None:
    repositories = table.known_builds().names.get(key)
    if repositories:
        return _known_build(text, repositories)
    spelled = spelling.read(text)
    row = (_row(spelled) or _sibling(spelled)) if spelled.is_build else None
    return _build(text, row, spelled) if row else None


def _tagged(text: str, plain: str) -> Result | None:
    """A build by an Ollama tag that says more than a row's: ``qwen3.6:35b-mlx``, ``x:latest``."""
    name, _, tag = plain.partition(":")
    if tag == "latest":
        return _named(text, name)
    parts, tags = tag.split("-"), table.index().tags
    shorter = [f"{name}:{'-'.join(parts[:count])}" for count in range(len(parts), 0, -1)]
    found = next((tags[one] for one in (*shorter, name) if tag and one in tags), None)
    spelled = spelling.read(plain)
    if found is None or not _same_size(table.model(found), spelled):
        return None
    return _build(text, table.model(found), spelled)


def _similar(text: str, plain: str) -> Result | None:
    ids = () if spelling.read(text).is_build else table.like(plain)
    return _alias(text, ids) if ids else None


def _known_build(text: str, repositories: tuple[str, ...]) -> Result:
    ids = table.known_builds().ids
    own = [r for r in repositories if _org(r) == _org(rows()[ids[r.casefold()][1]]["id"])]
    taken = (own or list(repositories))[0]
    others = ", ".join(r for r in repositories if r != taken)
    model, problems = _build(taken, table.model(ids[taken.casefold()][1]), spelling.read(taken))
    return model, (*problems, _ambiguous(text, taken, others)) if others else problems


def _org(repository: str) -> str:
    return repository.partition("/")[0].casefold()


def _row(spelled: Spelled) -> Model | None:
    """The row with the same name, whatever the organization and the quantization."""
    names = table.index().names
    for text in (spelled.core, spelled.core.removeprefix("meta-")):
        position = names.get(spelling.squashed(text))
        if position is not None:
            return table.model(position)
    return None


def _sibling(spelled: Spelled) -> Model | None:
    """The row whose name is this one with an ending such as ``-Instruct`` in place of ``-Base``."""
    short = table.index().short
    core = spelled.core.removesuffix("-base")
    for text in (core, core.removeprefix("meta-")):
        position = short.get(spelling.squashed(text))
        if position is not None:
            return table.model(position)
    return None


def _itself(text: str) -> Result:
    """A repository or path that is not in the catalogue."""
    spelled = spelling.read(text)
    row = _row(spelled)
    if row and (spelled.is_build or not spelled.org):
        return _build(text, row, spelled)
    base = row or _sibling(spelled) or _contained(spelled)
    return _derived(text, base, spelled) if base else _unknown(text, spelled)


def _contained(spelled: Spelled) -> Model | None:
    """The row with the longest name that stands in this one, if the sizes agree."""
    inside = f"-{spelled.core}-"
    fitting = [(len(c), at) for at, c in enumerate(table.index().cores) if f"-{c}-" in inside]
    row = table.model(max(fitting)[1]) if fitting else None
    return row if row and _same_size(row, spelled) else None


def _same_size(row: Model, spelled: Spelled) -> bool:
    if not (row.params and spelled.params):
        return True
    return abs(row.params - spelled.params) <= _SAME_SIZE * row.params


def _build(text: str, row: Model, spelled: Spelled) -> Result:
    """The same model with other weights."""
    model = replace(
        row,
        id=text,
        name=_last_part(text),
        base=row.id,
        quantization=spelled.quantization or (None if spelled.is_build else row.quantization),
        format=spelled.format or row.format,
        weights_gib=None,
    )
    if model.quantization and spelled.sure:
        return model, ()
    return flags.with_quantization(model)


def _last_part(text: str) -> str:
    return printable(re.split(r"[/\\]", text.rstrip("/\\"))[-1])


def _derived(text: str, row: Model, spelled: Spelled) -> Result:
    """A fine-tune or a relative: the architecture of its base, but none of the base's files."""
    model, problems = _build(text, row, spelled)
    model = replace(model, gguf_repos=(), quantized_repos={}, ollama_tag=None, verified=None)
    what = f"{printable(text)} is not in the catalogue: architecture facts are those of {row.id}"
    return model, (Problem(what=what, rule="model.from-base"), *problems)


def _unknown(text: str, spelled: Spelled) -> Result:
    model = Model(
        id=text,
        name=_last_part(text) or printable(text),
        params=spelled.params,
        active_params=spelled.active_params,
        moe=spelled.moe,
        quantization=spelled.quantization,
        format=spelled.format,
    )
    known = "its size is read from the name" if spelled.params else "its size is unknown"
    what = f"{printable(text)} is not in the catalogue: {known}, its architecture is unknown"
    what += _meant(text)
    return model, (Problem(what=what, rule="model.unknown"),)


def _meant(text: str) -> str:
    """The owner's repository whose name is this one but for a letter, or a digit or two."""
    ids = [row["id"] for row in rows() if _org(row["id"]) == _org(text)]
    names = {one.rpartition("/")[2]: one for one in ids}
    close = near(_last_part(text), names, 1, _MISSPELT) if "/" in text else []
    return f"; did you mean {names[close[0]]}?" if close else ""
