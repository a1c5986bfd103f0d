"""Models as a table: what each needs, and how far its facts were checked."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Model
from recommender.words import Words

COLUMNS = ("id", "params", "context", "weights", "kv", "license", "builds", "verified")
_NUMBERS = frozenset(("params", "context", "weights", "kv", "builds"))
# From this width on the columns that matter less have room beside the others.
_WIDE = 100
_LESS = frozenset(("license", "verified"))
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
    shown = [name for name in COLUMNS if console.width >= _WIDE or name not in _LESS]
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for name in shown:
        table.add_column(
            words.key(f"models.{name}"),
            header_style="bold",
            justify="right" if name in _NUMBERS else "left",
            overflow="fold",
            no_wrap=name != "id",
        )
    for model in models:
        cells = row(model, words)
        table.add_row(*(Text(visible(cells[name])) for name in shown))
    console.print(table)
    console.print()
    console.print(Text(words.key("models.legend", count=len(models)), style="dim"))


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
