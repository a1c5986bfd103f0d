"""The rows of knowledge/models.yaml, for those who need no look-up by what people type."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from recommender.facts import Model
from recommender.facts.codec import decode
from recommender.knowledge import document


def rows() -> list[dict[str, Any]]:
    """The rows as they stand in the file."""
    return document("models")["models"]  # type: ignore[no-any-return]


def of_row(row: Mapping[str, Any]) -> Model:
    """One row as a model; its name is the last part of its id."""
    name = row["id"].rpartition("/")[2]
    active = {} if "active_params" in row else {"active_params": _effective(name)}
    return decode(Model, {"name": name, **row, **active})


def _effective(name: str) -> int | None:
    """The parameters that a token is multiplied with, where the name says that they are fewer."""
    if "-E" not in name:
        return None
    from recommender.models.spelling import size

    return size(name.casefold())[1]


def by_exact_id(identity: str) -> Model | None:
    """The catalogue's model of this id."""
    wanted = identity.casefold()
    return next((of_row(row) for row in rows() if row["id"].casefold() == wanted), None)


@cache
def ladder(position: int) -> tuple[Model, ...]:
    """The models of one of the ladders, small to large."""
    return tuple(map(of_row, document("core")["ladders"][position]["models"]))
