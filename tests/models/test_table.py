"""The look-ups that a build makes are those of the rows."""

import json

import pytest

from recommender.knowledge import document
from recommender.models import table


def test_compiled_look_ups_equal_those_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    made = table.index()
    compiled = json.loads(table.with_index(json.dumps(document("models"))))
    monkeypatch.setattr(table, "document", lambda _: compiled)
    table.index.cache_clear()
    try:
        assert "index" in compiled
        assert table.index() == made
    finally:
        table.index.cache_clear()
