"""Chinese for what the code says in English: complete, whole, and found by the sentence itself."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from recommender.knowledge import load
from recommender.translation import _TAILS, Shape, Translator
from tests.english import english_left

PACKAGE = Path(__file__).parents[1] / "recommender"
TABLE = load().translator.table
HOLE = re.compile(r"\{([a-z0-9_]+)\}")
CHINESE = re.compile("[\u4e00-\u9fff]")
# Sentences have three words in a row; patterns and what other programs print are none of ours.
SENTENCE = re.compile(r"(?:^|[\s('\"])[A-Za-z][a-z']*,? [a-z']+,? [A-Za-z']+\b")
PATTERN = re.compile(
    r"\\[\\wsdbS.(]|\(\?|\.\*|\[\^|\$\(|\|\|| -- |/dev/tcp|\bawk\b|trap '|import sys"
)
# Help texts and the schema are other people's words; lint speaks to those who edit knowledge.
APART = {"lint", "facts"}
KEYWORDS = {"help", "epilog", "metavar", "rich_help_panel"}
# Never shown to a reader: what other programs print or ask for, and faults of our own code.
# How what may be empty begins where it is not.
_LEADS = {"hint": "; ", "way": "; ", "sold": "; ", "own": " (", "effect": ", "}
NOT_SHOWN = frozenset(
    (
        "Write a long story with these words: ⟨0⟩",
        "unknown option of docker run: ⟨0⟩",
        "docker run without an image",
        "Invalid credentials in Authorization header",
        "pip install 'llmpick[hub]'",
        "pip install 'llmpick[ray]'",
        "pip install 'llmpick[refresh]'",
        "/dev/kfd read-write: No such file",
        "Incompatible kernel and userspace",
        "There is no NPU card",
        "driver package may not be completely installed",
        "without an address",
        "microsoft corporation virtual machine",
        "from memory, not verified",
        "has been removed",
        "lmdeploy serve proxy",
        "⟨0⟩ ⟨1⟩ wheels: options, metadata, code for devices",
        "exec sleep infinity",
        "kubectl label node NODE ⟨0⟩=true",
        "shell or docker",
        '{program} probe --json --node "$⟨0⟩" && touch "$HOME/told" && exec sleep infinity',
        "  kubectl create secret generic hf-token --from-literal=HF_TOKEN=...",
        "  kubectl create secret generic ⟨0⟩ ⟨1⟩",
        'mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")\n',
        '  printf %s "$⟨0⟩" | podman secret create ⟨1⟩ -',
        # Parts that the code joins to one of the sentences here.
        "the memory of ⟨0⟩ is ⟨1⟩; ⟨2⟩",
        "the field '⟨0⟩' has the value ⟨1⟩: ",
    )
)


@cache
def sentences() -> tuple[tuple[str, str], ...]:
    """Where a sentence stands in the code, and the sentence with numbered holes."""
    files = filter(_speaks, sorted(PACKAGE.rglob("*.py")))
    return tuple(
        (f"{path.relative_to(PACKAGE)}:{line}", text)
        for path in files
        for line, text in _texts(ast.parse(path.read_text(encoding="utf-8")))
        if SENTENCE.search(text) and not PATTERN.search(text) and text not in NOT_SHOWN
    )


@cache
def fixes() -> tuple[str, ...]:
    """What is given as a problem's sentence or its remedy, however short it is."""
    calls = (
        node
        for path in sorted(PACKAGE.glob("probe/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )
    given = (word.value for call in calls for word in call.keywords if word.arg in {"what", "fix"})
    return tuple(text for value in given for _, text in _texts(value) if re.search(r"\w \S", text))


def _speaks(path: Path) -> bool:
    """Whether it is a module that may say something; most of the probe reads what others say."""
    if path.parent.name in APART:
        return False
    reads = "probe" in path.parts and path.name != "evidence.py"
    return not reads or bool(re.search(r"roblem\(|Tool\(", path.read_text(encoding="utf-8")))


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.JoinedStr):
        yield node.lineno, _template(node)
        parts = (part.value for part in node.values if isinstance(part, ast.FormattedValue))
        for part in parts:
            yield from _texts(part)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value
    elif not (isinstance(node, ast.keyword) and node.arg in KEYWORDS) and not _pattern(node):
        for child in ast.iter_child_nodes(node):
            docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if not docstring:
                yield from _texts(child)


def _pattern(node: ast.AST) -> bool:
    """Whether it is ``re.compile(...)``: what other programs print."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr == "compile"


def _template(node: ast.JoinedStr) -> str:
    """The text with a numbered hole for each expression; one that may be empty brings its mark."""
    told: dict[str, str] = {}
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            said = ast.unparse(part.value)
            lead = "; " if said in _TAILS else ""
            text += told.setdefault(said, f"{lead}⟨{len(told)}⟩")
        elif isinstance(part, ast.Constant):
            text += str(part.value)
    return text


def test_every_sentence_of_the_code_has_chinese() -> None:
    left = {where: text for where, text in sentences() if not _chinese(text)}
    assert left == {}, "add them to knowledge/translations.yaml"


def test_every_problem_and_its_remedy_has_chinese() -> None:
    assert len(fixes()) > 80
    assert [text for text in fixes() if not _chinese(text)] == []


def _chinese(text: str) -> bool:
    """Whether a sentence, a comment or a line of a script has a Chinese form without English."""
    names = re.findall("⟨.⟩", text)
    spoken = ":?" in text or 'echo "' in text or "# " in text
    told = load().translator.file(text if spoken else f"# {text.strip()}\n")
    kept = all(name in told for name in names)
    return bool(CHINESE.search(told)) and kept and (spoken or not english_left(told, names))


def test_the_code_is_read() -> None:
    assert len(sentences()) > 300
    assert any("is no device that llmpick knows" in text for _, text in sentences())


def test_both_languages_have_the_same_holes() -> None:
    pairs = TABLE.items()
    assert [en for en, zh in pairs if set(HOLE.findall(en)) != set(HOLE.findall(zh))] == []


def test_a_sentence_finds_its_own_translation() -> None:
    lost = [english for english in TABLE if not _found(english)]
    assert lost == []


def _found(english: str) -> bool:
    told = {name: f"{_LEADS.get(name, '')}⟨{name}⟩" for name in HOLE.findall(english)}
    filled = HOLE.sub(lambda hole: told[hole[1]], english)
    return load().translator(filled) == HOLE.sub(lambda hole: told[hole[1]], TABLE[english])


def test_platforms_have_chinese_names() -> None:
    known = load()
    heads = (*known.heads, *known.challenger_heads)
    platforms = {line.name for head in heads for line in known.outlines(head.id)}
    left = {name: english_left(known.translator(name)) for name in platforms}
    assert {name: runs for name, runs in left.items() if runs} == {}
    assert not any(" plugin" in known.translator(name) for name in platforms)


def test_what_is_in_a_hole_is_translated_where_it_is_a_sentence() -> None:
    translator = Translator({"the {a} of {b}": "{b}的{a}", "a red {c}": "红色{c}", "car": "汽车"})
    assert translator("the a red car of mine") == "mine的红色汽车"
    assert translator("the car of {b}") == "{b}的汽车"
    assert translator("something else") == "something else"


def test_the_heavier_of_two_shapes_is_meant() -> None:
    translator = Translator(
        {"{a}: {b}": "{a}：{b}", "{a}: cannot be read ({b})": "{a}：无法读取（{b}）"}
    )
    assert translator("x: cannot be read (y)") == "x：无法读取（y）"
    assert translator("x: y") == "x：y"


def test_several_sentences_are_told_only_if_all_of_them_are_known() -> None:
    translator = Translator({"One.": "一。", "Two {n}.": "二 {n}。"})
    assert translator("One. Two 3.") == "一。二 3。"
    assert translator("One. Three.") == "One. Three."


def test_a_name_that_comes_twice_is_the_same_both_times() -> None:
    shape = Shape(english="{a} is {a}", chinese="{a} 即 {a}")
    assert shape.values("x is x") == {"a": "x"}
    assert shape.values("x is y") is None


def test_a_list_of_names_is_joined_as_chinese_joins_it() -> None:
    translator = Translator({"; known are {names}": "；可选值：{names}"})
    assert translator("; known are a, b") == "；可选值：a、b"


def test_only_what_people_read_of_a_file_is_translated() -> None:
    translator = Translator({"Start: {command}": "启动：{command}", "the key": "密钥"})
    text = '#!/bin/sh\n# Start: run me\n: "${KEY:?the key}"\nStart: run me\n'
    told = translator.file(text)
    assert told == '#!/bin/sh\n# 启动：run me\n: "${KEY:?密钥}"\nStart: run me\n'
