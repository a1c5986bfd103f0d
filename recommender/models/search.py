"""The catalogue by words: what ``llmpick models`` lists."""

from collections.abc import Iterable

from recommender.errors import InputError, choices, nearest, printable
from recommender.facts import Model
from recommender.models import spelling
from recommender.models.rows import of_row, rows

TASKS = ("generate", "embedding", "rerank", "asr")
_GIB = 2**30
_BYTES_AT_16_BITS = 2


def search(
    words: Iterable[str],
    *,
    task: str | None = None,
    max_params: str | None = None,
    fits_gib: float | None = None,
) -> tuple[Model, ...]:
    """The rows that have every word and keep every bound, in the order of the catalogue.

    Args:
        words: parts of an id, a family, a task, a modality or a licence, in any case; what stands
            in one word is found with any separator (``llama3.1``, ``llama-3-1``).
        task: one of ``TASKS``.
        max_params: a size such as ``8b``; rows of unknown size are left out.
        fits_gib: the most GiB that the weights may take at 16 bits.

    Raises:
        InputError: a bound is no size or no task, or nothing is found.
    """
    wanted = [spelling.squashed(spelling.plain(part)) for word in words for part in word.split()]
    most = _bound(max_params, fits_gib)
    if task is not None and task not in TASKS:
        hint = choices(task, TASKS)
        message = f"--task '{printable(task)}' is unknown{hint}"
        raise InputError(message)
    every = [(of_row(row), _text(row)) for row in rows()]
    found = tuple(
        model
        for model, text in every
        if all(word in text for word in wanted)
        and task in {None, model.task or "generate"}
        and (most is None or (model.params is not None and model.params <= most))
    )
    if not found:
        raise _nothing(wanted, [model for model, _ in every])
    return found


def _text(row: dict[str, str]) -> str:
    keys = ("id", "family", "task", "modality", "license")
    parts = [row.get(key, "") for key in keys] + ([] if row.get("task") else ["generate"])
    return " ".join(spelling.squashed(part.casefold()) for part in parts)


def _bound(max_params: str | None, fits_gib: float | None) -> float | None:
    bounds = [] if fits_gib is None else [fits_gib * _GIB / _BYTES_AT_16_BITS]
    if max_params is not None:
        params = spelling.size(max_params.strip().casefold())[0]
        if params is None:
            message = f"--max-params '{printable(max_params)}' is no size; write 8b or 500m"
            raise InputError(message)
        bounds.append(params)
    return min(bounds) if bounds else None


def _nothing(wanted: list[str], every: list[Model]) -> InputError:
    """A sentence with the names that are most like the words."""
    if not wanted:
        return InputError("no model of the catalogue keeps these bounds; widen them")
    close = nearest("-".join(wanted), [model.name or model.id for model in every])
    shown = printable(" ".join(wanted))
    way = close or "; see them all with `llmpick models`"
    return InputError(f"no model of the catalogue has '{shown}' and keeps the bounds{way}")
