"""Plain values to frozen nouns and back."""

from recommender.facts import Framework, Machine, Problem, Requirement, Rule
from recommender.facts.codec import decode, encode


def test_nested_values_become_nouns() -> None:
    machine = decode(
        Machine,
        {
            "os": {"family": "linux"},
            "accelerators": [{"vendor": "nvidia", "memory_gib": 80.0}],
            "software": {"installed": {"vllm": "0.33.0"}, "absent": ["rocm"]},
            "problems": [{"what": "x"}],
            "later": 1,
        },
    )
    assert machine.os.family == "linux"
    assert machine.accelerators[0].memory_gib == 80.0
    assert machine.software.absent == ("rocm",)
    assert machine.problems == (Problem(what="x"),)
    assert decode(Machine, encode(machine)) == machine


def test_a_union_keeps_text_and_builds_nouns() -> None:
    by_key = decode(Requirement, {"rule": "r", "needs": {}, "fix": "use-docker"})
    by_text = decode(Requirement, {"rule": "r", "needs": {}, "fix": {"en": "a", "zh": "b"}})
    assert by_key.fix == "use-docker"
    assert getattr(by_text.fix, "zh", None) == "b"


def test_points_stay_numbers_or_a_table() -> None:
    base = {"rule": "r", "layer": "facts", "when": {}, "text": {"en": "a", "zh": "b"}}
    more = {"source": "s", "checked": "2026-11-22"}
    assert decode(Rule, {**base, **more, "points": 4}).points == 4
    assert decode(Rule, {**base, **more, "points": {"high": 3}}).points == {"high": 3}


def test_encode_keeps_the_order_of_fields() -> None:
    assert list(encode(Problem(what="w"))) == ["what", "fix", "rule"]
    assert next(iter(Framework.__dataclass_fields__)) == "id"
