"""The boxed tables of vendors' tools, whatever their widths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.probe import tables

TABLE = """\
Mon Jan  5 10:00:00 2026
+-----------------------------+
| X-SMI 1.2   Driver: 3.4     |
|-------------+---------------|
| ID  Name    | Memory-Usage  |
|=============+===============|
| 0   Card A  | 1 / 8192 MiB  |
|     extra   | 2 MiB/ 16 MiB |
+-------------+---------------+
| 1   Card B  | 3/4           |
"""


def test_records_are_what_stands_between_rules() -> None:
    assert list(tables.records(TABLE)) == [
        (("X-SMI 1.2   Driver: 3.4",),),
        (("ID  Name", "Memory-Usage"),),
        (("0   Card A", "1 / 8192 MiB"), ("extra", "2 MiB/ 16 MiB")),
        (("1   Card B", "3/4"),),
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("00000000:3F:00.0 Off", "0000:3f:00.0"),
        ("0001:18:00.1", "0001:18:00.1"),
        ("cc:00.0", "0000:cc:00.0"),
        ("GPU0: 0000:34:00.0: Unknown Error", "0000:34:00.0"),
        ("N/A", None),
        ("12:34:56", None),
        (None, None),
    ],
)
def test_addresses_are_spelled_as_sysfs_does(text: str | None, address: str | None) -> None:
    assert tables.bus_id(text) == address


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("52675/ 65536", (52675, 65536)),
        ("0    / 0          52675/ 65536", (52675, 65536)),
        ("1809 / 15079      0    / 32768", (0, 32768)),
        ("672MiB / 131072MiB", (672, 131072)),
        ("84/16304 MB", (84, 16304)),
        ("0 / 0", None),
        ("N/A", None),
    ],
)
def test_the_last_pair_with_a_total_is_the_memory(text: str, pair: tuple[int, int] | None) -> None:
    assert tables.used_and_total(text) == pair


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('WARNING: old\n{"a": [1]}\nbye', {"a": [1]}),
        ("[]", []),
        ("[WARN] driver\n[1, 2]", [1, 2]),
        ("{broken", None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_json_is_found_among_warnings(text: str, value: object) -> None:
    assert tables.json_in(text) == value


@given(st.text(alphabet="|+-= 0a:/\n", max_size=300))
def test_any_text_has_some_records(text: str) -> None:
    for record in tables.records(text):
        assert all(isinstance(cell, str) for row in record for cell in row)
