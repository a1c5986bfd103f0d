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
    return decode(Model, {"name": row["id"].rpartition("/")[2], **row})


def by_exact_id(identity: str) -> Model | None:
    """The catalogue's model of this id."""
    wanted = identity.casefold()
    return next((of_row(row) for row in rows() if row["id"].casefold() == wanted), None)


@cache
def ladder(position: int) -> tuple[Model, ...]:
    """The models of one of the ladders, small to large."""
    return tuple(map(of_row, document("core")["ladders"][position]["models"]))
