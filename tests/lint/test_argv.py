"""The checker of command lines: each grammar, values, choices and versions."""

import pytest

from recommender.lint.argv import ANY, Plugin, findings
from recommender.lint.option_lists import Option, OptionList, Program

SIZES = Option(names=("--size", "-s"), type="int")
KNOWN = OptionList(
    framework="made-up",
    versions={"1.0": "2026-01-01", "1.1": "2026-02-01", "2.0": "2026-03-01"},
    programs={
        name: Program(
            name=name,
            grammar=grammar,
            options=(
                Option(names=("model",), takes="optional"),
                SIZES,
                Option(names=("--share",), type="float"),
                Option(names=("--most",), type="size"),
                Option(names=("--settings",), type="json"),
                Option(names=("--kind",), choices=("one", "two"), until="1.1"),
                Option(names=("--kind",), choices=("two", "three"), since="2.0"),
                Option(names=("--enable-it", "--no-enable-it"), takes="none"),
                Option(names=("--names",), takes="many"),
                Option(names=("--pair",), takes="2"),
                Option(names=("--sharded",), type="bool"),
                Option(names=("--old",), until="1.0"),
                Option(names=("--new",), since="2.0"),
                Option(names=("--stale",), deprecated=True),
            ),
        )
        for name, grammar in {
            "plain": "argparse",
            "loose": "vllm",
            "strict": "click",
            "rust": "clap",
            "native": "llama",
        }.items()
    },
)


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("plain", "some/model --size 4 --share=0.9 -s 2 --most 8K --names a b"),
        ("plain", "--enable-it model --size -1"),
        ("plain", '--settings {"a":1}'),
        ("loose", "model --no_enable_it --settings.method mtp -O3"),
        ("loose", "--settings.depth=2 --no-enable-it"),
        ("strict", "--kind -x"),
        ("rust", "--sharded true --size=3"),
        ("native", "--size 3 --pair 1 2 --enable_it"),
    ],
)
def test_what_a_program_takes_is_not_found_fault_with(program: str, line: str) -> None:
    plugin = Plugin(choices={"--kind": ("-x",)})
    assert findings(KNOWN, program, line.split(), "1.0", plugin) == ()


@pytest.mark.parametrize(
    ("program", "line", "version", "said"),
    [
        ("plain", "--sise 4", "2.0", "--sise is no option of plain 2.0; did you mean --size"),
        ("plain", "--siz 4", "2.0", "--siz is only short for --size: write it in full"),
        ("plain", "--size", "2.0", "--size needs a value"),
        ("plain", "--size --share 1", "2.0", "--size needs a value"),
        ("plain", "--size four", "2.0", "--size takes an integer, not 'four'"),
        ("plain", "--share much", "2.0", "--share takes a number, not 'much'"),
        ("plain", "--most lots", "2.0", "--most takes an integer, which may end in k, K"),
        ("plain", "--settings {a}", "2.0", "--settings takes JSON, not '{a}'"),
        ("plain", "--enable-it=yes", "2.0", "--enable-it takes no value, but 'yes' is given"),
        ("plain", "--names --size 1", "2.0", "--names needs a value"),
        ("plain", "--kind one", "2.0", "--kind does not take 'one' in 2.0"),
        ("plain", "--old 1", "2.0", "--old is gone in 2.0: last seen in 1.0"),
        ("plain", "--new 1", "1.1.5", "--new is not yet in 1.1: first seen in 2.0"),
        ("plain", "--stale 1", "2.0", "--stale is deprecated in 2.0"),
        ("plain", "one two", "2.0", "plain takes no 'two'"),
        ("plain", "--enable_it", "2.0", "--enable_it is no option of plain 2.0"),
        ("strict", "--siz 4", "2.0", "--siz is no option of strict 2.0"),
        ("loose", "--settings.method", "2.0", "--settings.method needs a value"),
        ("rust", "--sharded", "2.0", "--sharded needs a value"),
        ("rust", "--sharded maybe", "2.0", "--sharded takes true or false, not 'maybe'"),
        ("native", "--size=3", "2.0", "--size=3: native takes no --option=value"),
        ("native", "--kind --size", "2.0", "--kind does not take '--size' in 2.0"),
        ("native", "--pair 1", "2.0", "--pair needs a value"),
        ("other", "", "2.0", "other is no program of made-up"),
    ],
)
def test_what_a_program_refuses_is_said(program: str, line: str, version: str, said: str) -> None:
    found = findings(KNOWN, program, line.split(), version)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_a_value_that_is_not_known_yet_may_be_any() -> None:
    words = ["--size", ANY, "--kind", f"x{ANY}", "--share", "NODE_RANK"]
    assert findings(KNOWN, "plain", words, "2.0") == ()


def test_a_missing_operand_is_said_unless_words_are_missing() -> None:
    needs = Program(name="p", grammar="click", options=(Option(names=("model",)),))
    known = OptionList(framework="made-up", versions={"1": ""}, programs={"p": needs})
    assert findings(known, "p", [], "1") == ("p needs model",)
    assert findings(known, "p", ["a", "b"], "1", operands=False) == ()


@pytest.mark.parametrize(
    ("version", "speaks"),
    [("0.5", "1.0"), ("1.0", "1.0"), ("1.0.post2", "1.0"), ("1.9", "1.1"), ("3.0", "2.0")],
)
def test_the_newest_version_before_one_speaks_for_it(version: str, speaks: str) -> None:
    assert KNOWN.read_version(version) == speaks
