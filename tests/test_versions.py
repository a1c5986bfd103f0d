"""Versions as the vendors write them."""

import pytest

from recommender.versions import parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("580.95.05", (580, 95, 5)),
        ("9.0", (9,)),
        ("8.2.RC1", (8, 2)),
        ("b11669", (11669,)),
        ("2.10.0+cu128", (2, 10)),
        ("1.4.0rc1", (1, 4)),
        ("0.23.0.post1", (0, 23)),
        (10229, (10229,)),
        ("unknown", None),
        ("", None),
    ],
)
def test_parts(text: object, expected: tuple[int, ...] | None) -> None:
    assert parts(text) == expected
