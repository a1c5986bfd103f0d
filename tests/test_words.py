"""Both languages say the same, with the same values in it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts import Notice, Requirement, Text
from recommender.knowledge import load
from recommender.rules.conditions import OPERATORS
from recommender.words import LANGUAGES, Words, placeholders, replace_names

TABLE = load().words
BRACE = re.compile(r"[{}]")


def _words(lang: str) -> Words:
    return Words(table=TABLE, lang=lang)


@pytest.mark.parametrize("key", sorted(TABLE))
def test_a_key_has_both_languages_with_the_same_values(key: str) -> None:
    entry = TABLE[key]
    assert set(entry) == set(LANGUAGES)
    assert all(entry[lang].strip() for lang in LANGUAGES)
    assert set(placeholders(entry["en"])) == set(placeholders(entry["zh"]))
    for lang in LANGUAGES:
        assert not BRACE.search(replace_names(entry[lang], lambda _: ""))


def _pairs(value: Any) -> Iterator[Mapping[str, str]]:
    """Every sentence in two languages inside the knowledge, besides words.yaml."""
    if isinstance(value, Mapping):
        if set(value) == set(LANGUAGES):
            yield value
        for item in value.values():
            yield from _pairs(item)
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item)


def _all_pairs() -> list[Mapping[str, str]]:
    told: list[Requirement | Notice] = []
    for framework in load().heads:
        for outline in load().outlines(framework.id):
            platform = load().platform(framework.id, outline.id)
            told += [*platform.requires, *platform.notices]
            for method in platform.methods.values():
                told += [*method.requires, *method.notices]
    texts = [text for item in told for text in (item.text, item.fix) if isinstance(text, Text)]
    rest = {key: value for key, value in load().document.items() if key != "words"}
    return [*_pairs(rest), *({"en": text.en, "zh": text.zh} for text in texts)]


def test_every_sentence_of_knowledge_has_the_same_values_in_both() -> None:
    pairs = _all_pairs()
    assert len(pairs) > 300
    different = [
        pair for pair in pairs if set(placeholders(pair["en"])) != set(placeholders(pair["zh"]))
    ]
    assert different == []


def test_every_sentence_of_knowledge_is_in_its_language() -> None:
    foreign = [pair["en"] for pair in _all_pairs() if re.search("[\u4e00-\u9fff]", pair["en"])]
    assert foreign == []


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (None, "unknown", "未知"),
        (True, "yes", "是"),
        (False, "no", "否"),
        (1, "1", "1"),
        (0, "0", "0"),
        (24.0, "24", "24"),
        (23.64, "23.6", "23.6"),
        (131.45, "131", "131"),
        (-0.5, "-0.5", "-0.5"),
        (1e12, "1000000000000", "1000000000000"),
        ("9.0", "9.0", "9.0"),
        ("very-high", "very high", "很高"),
        ([], "", ""),
        (("a", None, 2.0), "a, unknown, 2", "a、未知、2"),
        ([["a", "b"], "c"], "a, b, c", "a、b、c"),
    ],
)
def test_values_are_shown_as_people_write_them(value: Any, english: str, chinese: str) -> None:
    assert _words("en").show(value) == english
    assert _words("zh").show(value) == chinese


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9))
def test_a_number_is_shown_within_a_unit_of_its_last_digit(value: float) -> None:
    shown = _words("en").show(value)
    assert abs(float(shown) - value) <= (0.5 if abs(value) >= 100 else 0.0501)
    assert not shown.endswith(".0") or value != int(value)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_operator_can_be_said(operator: str, lang: str) -> None:
    test = {operator: ["8.0", "9.0"] if operator in {"has_all", "not_in"} else "8.0"}
    said = _words(lang).wanted({operator: True} if operator == "known" else test)
    assert said
    assert not BRACE.search(said)
    assert operator == "known" or "8.0" in said


def test_what_is_not_known_is_not_called_known() -> None:
    for lang in LANGUAGES:
        words = _words(lang)
        assert words.wanted({"known": False}) != words.wanted({"known": True})


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("linux", "linux"),
        (["linux"], "linux"),
        (["linux", "windows"], "linux, windows"),
        ({"at_least": "7.5"}, "7.5 or newer"),
        ({"at_least": "7.5", "below": "9.0"}, "7.5 or newer, less than 9.0"),
        ({"not_in": ["a", "b"]}, "none of a, b"),
        (False, "no"),
    ],
)
def test_what_a_test_asks_for(test: Any, expected: str) -> None:
    assert _words("en").wanted(test) == expected


def test_braces_of_a_value_are_left_alone() -> None:
    values = {"a": "{b}", "b": "{a}"}
    assert _words("en").fill("{a} and {b} and {A}", values.get) == "{b} and {a} and {A}"


def test_advice_is_a_sentence_or_the_key_of_one() -> None:
    words = _words("en")
    text = Text(en="take {n}", zh="取 {n}")
    nothing: dict[str, Any] = {}
    assert words.fix(None, nothing.get) is None
    assert words.fix(text, {"n": 2.0}.get) == "take 2"
    assert words.fix("use-linux", nothing.get) == TABLE["fix.use-linux"]["en"]
    assert _words("zh").fix(text, nothing.get) == "取未知"


def test_a_fact_goes_by_its_name_where_people_have_no_other() -> None:
    assert _words("en").show_fact("arch") == "the architecture"
    assert _words("en").show_fact("never.heard") == "never.heard"


@given(st.text(alphabet="ab{}._ 1"))
def test_only_whole_names_are_replaced(template: str) -> None:
    names = placeholders(template)
    assert replace_names(template, lambda name: "{" + name + "}") == template
    assert len(names) == len(re.findall(r"\{[a-z0-9_.]+\}", template))


@pytest.mark.parametrize(
    ("template", "count", "expected"),
    [
        ("holds {n} requests", 1, "holds 1 request"),
        ("for {n} concurrent users at", 1, "for 1 concurrent user at"),
        ("holds {n} requests", 11, "holds 11 requests"),
        ("holds {n} requests", 0.1, "holds 0.1 requests"),
        ("rank {n} runs here", "1", "rank 1 runs here"),
        ("CUDA {n} has", 1, "CUDA 1 has"),
    ],
)
def test_one_of_a_thing_is_singular(template: str, count: Any, expected: str) -> None:
    assert _words("en").fill(template, {"n": count}.get) == expected


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        ("依据 {n} 的实测", "llama.cpp", "依据 llama.cpp 的实测"),
        ("在 {n} 上", "配备 HBM 的 GPU", "在配备 HBM 的 GPU 上"),
        ("不支持 {n} Ascend", "华为昇腾 NPU（CANN）", "不支持华为昇腾 NPU（CANN）Ascend"),
    ],
)
def test_chinese_has_blanks_beside_latin_alone(template: str, value: str, expected: str) -> None:
    assert _words("zh").fill(template, {"n": value}.get) == expected


def test_what_is_named_in_both_languages_goes_by_its_own() -> None:
    for lang, platform, case in (
        ("en", "Huawei Ascend Atlas A2, vllm-ascend plugin", "agents"),
        ("zh", "华为昇腾 Atlas A2 + vllm-ascend 插件", "调用工具的智能体"),
    ):
        words = load().speak(lang)
        assert (
            words.show_value("platform.name", "Huawei Ascend Atlas A2, vllm-ascend plugin")
            == platform
        )
        assert words.show_value("workload.use_case", "agents") == case
