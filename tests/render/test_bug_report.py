"""A bug report names no person, no computer and no single device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts import Machine
from recommender.facts.codec import decode
from recommender.render.bug_report import redacted, report


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.15.167.4-microsoft-standard-WSL2", "5.15.167.4-microsoft-standard-WSL2"),
        ("580.95.05", "580.95.05"),
        ("NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3"),
        ("AMD EPYC 9654 96-Core Processor", "AMD EPYC 9654 96-Core Processor"),
        ("Intel(R) Xeon(R) Platinum 8480+", "Intel(R) Xeon(R) Platinum 8480+"),
        ("/home/bob/.cache/x and /root/y", "~/.cache/x and ~/y"),
        (r"C:\Users\bob\models", r"~\models"),
        (r"C:\Users\Bob Smith\models", r"~\models"),
        ("on 10.1.2.3, 192.168.1.44 and fe80::1:2:3", "on <host>, <host> and <host>"),
        ("node17.internal.acme.com", "<host>"),
        ("/data/alice/private and ~alice", "<path> and ~"),
        ("hf_abcdEFGHij", "<id>"),
        ("0.3.0.dev20260822182524", "0.3.0.dev20260822182524"),
        ("llama.cpp 5.14.0-427.el9.x86_64", "llama.cpp 5.14.0-427.el9.x86_64"),
        ("MIG-2ace9bfc-3a2d-f5b9-d270-82d043f8a7b7", "<id>"),
        ("GPU-2ace9bfc", "<id>"),
        ("at 0000:3b:00.0 and 65:00.1", "at <id> and <id>"),
        ("serial 1324021053482", "serial <id>"),
        ("Bob's machine of bobby", "~'s machine of bobby"),
        ("a ``` b", "a ''' b"),
        ("a\nb", "a\\nb"),
        ("x" * 9999, None),
    ],
)
def test_what_is_left_out_of_a_report(text: str, expected: str | None) -> None:
    shown = redacted(text, ["bob"])
    assert len(shown) <= 200
    assert expected is None or shown == expected


@given(st.text(), st.lists(st.text(min_size=3), max_size=3))
def test_any_text_is_one_printable_line(text: str, private: list[str]) -> None:
    shown = redacted(text, private)
    assert shown.isprintable() or shown == ""
    assert "`" not in shown
    assert len(shown) <= 200


def test_a_report_of_an_empty_machine() -> None:
    text = report(decode(Machine, {}), (), "2026-11-22", ())
    assert "accelerator: none" in text
    assert "problems: none" in text
