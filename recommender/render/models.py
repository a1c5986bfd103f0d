"""Models as a table: what each needs, and how far its facts were checked."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Model
from recommender.render import grid
from recommender.render.layout import hanging
from recommender.words import Words

COLUMNS = ("id", "params", "context", "weights", "kv", "license", "builds", "verified")
_NUMBERS = frozenset(("params", "context", "weights", "kv", "builds"))
# The columns that matter less, in the order in which they leave a window that is too narrow.
_LESS = ("verified", "license", "builds", "kv", "weights", "context", "params")
_KIBI, _MIB, _GIB = 2**10, 2**20, 2**30
_BYTES_AT_16_BITS = 2
_UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"))
# What the facts were held against, by a part of `verified`; the first that matches.
_CHECKED = (
    ("from memory, not verified", "memory"),
    ("config.json", "config"),
    ("log", "log"),
    ("formula", "formula"),
)


def show(models: Sequence[Model], words: Words, console: Console) -> None:
    """Print one row a model, and what the columns mean."""
    names = list(COLUMNS)
    table = _table(models, names, words)
    for less in _LESS:
        if grid.width_of(table) > console.width:
            names.remove(less)
            table = _table(models, names, words)
    right = {place for place, name in enumerate(names) if name in _NUMBERS}
    grid.show(table, console, right)
    console.print()
    legend = Text(words.key("models.legend", count=len(models)), style="dim")
    console.print(hanging(legend, 0, 0, console))


def _table(models: Sequence[Model], names: Sequence[str], words: Words) -> list[list[Text]]:
    """The heading and a row a model, of these columns."""
    head = [Text(words.key(f"models.{name}"), style="bold") for name in names]
    rows = [row(model, words) for model in models]
    return [head, *([Text(visible(cells[name])) for name in names] for cells in rows)]


def row(model: Model, words: Words) -> dict[str, str]:
    """The cells of one model by column; what is unknown is a dash."""
    params = model.params
    per_thousand = model.kv_bytes_per_token
    return {
        "id": model.id,
        "params": _sizes(model),
        "context": _tokens(model.context),
        "weights": "-" if params is None else f"{params * _BYTES_AT_16_BITS / _GIB:.1f}",
        "kv": "-" if per_thousand is None else f"{per_thousand * _KIBI / _MIB:.0f}",
        "license": model.license or "-",
        "builds": str(len(model.quantized_repos) + len(model.gguf_repos)),
        "verified": words.key(f"models.verified.{checked(model)}"),
    }


def checked(model: Model) -> str:
    """How far the facts were checked: config, log, formula, hub or memory."""
    said = (model.verified or "").casefold()
    return next((grade for part, grade in _CHECKED if part in said), "hub")


def _sizes(model: Model) -> str:
    active = "" if model.active_params is None else f" ({_count(model.active_params)})"
    return "-" if model.params is None else f"{_count(model.params)}{active}"


def _count(params: int) -> str:
    for size, unit in _UNITS:
        if params >= size:
            digits = 0 if params >= 100 * size else 1
            return f"{params / size:.{digits}f}{unit}"
    return str(params)


def _tokens(context: int | None) -> str:
    if context is None:
        return "-"
    return f"{context / _KIBI:.0f}k" if context >= _KIBI else str(context)
