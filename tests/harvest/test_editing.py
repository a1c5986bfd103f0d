"""YAML that is changed where its values stand."""

import pytest
import yaml

from recommender.errors import InputError
from recommender.harvest.editing import Editing, written

TEXT = """\
# A comment at the top.
platforms:
  - id: cuda  # beside a value
    version: 0.33.0
    packages:
      - {name: vllm, version: 0.33.0, list: &all ["7.5", "8.0"],
         source: a, checked: 2026-11-22}
      # between rows
      - {name: image, list: *all, source: *word}
    block:
      - one
    methods:
      docker:
        image: vllm:v0.33.0
        serve: []
word: &word text
"""


def test_only_the_values_change() -> None:
    text = TEXT.replace("source: *word", "source: b")
    editing = Editing(text)
    row = ("platforms", 0, "packages", 0)
    editing.put(("platforms", 0, "version"), "0.34.0")
    editing.put((*row, "version"), "0.34.0")
    editing.put((*row, "list"), ["8.0", "9.0"])
    editing.put((*row, "checked"), "2026-11-23")
    editing.put((*row, "torch"), "2.10")
    editing.put(("platforms", 0, "methods", "docker", "version"), "0.33.0", after="image")
    changed = editing.text
    for comment in ("# A comment at the top.", "# beside a value", "# between rows"):
        assert comment in changed
    assert changed == (
        text.replace("    version: 0.33.0\n    p", "    version: 0.34.0\n    p")
        .replace("version: 0.33.0, list", 'version: 0.34.0, torch: "2.10", list')
        .replace('["7.5", "8.0"]', '["8.0", "9.0"]')
        .replace("2026-11-22", "2026-11-23")
        .replace("vllm:v0.33.0\n", "vllm:v0.33.0\n        version: 0.33.0\n")
    )
    assert editing.shared == ["&all"]
    assert yaml.safe_load(changed)["platforms"][0]["packages"][1]["list"] == ["8.0", "9.0"]


def test_an_alias_is_replaced_and_not_what_it_stands_for() -> None:
    editing = Editing(TEXT.replace("source: *word", "source: b"))
    editing.put(("platforms", 0, "packages", 1, "list"), ["9.0"])
    packages = yaml.safe_load(editing.text)["platforms"][0]["packages"]
    assert [row["list"] for row in packages] == [["7.5", "8.0"], ["9.0"]]


@pytest.mark.parametrize(
    "path",
    [
        ("platforms", 1, "version"),
        ("platforms", "cuda", "version"),
        ("nothing", "version"),
        ("platforms", 0, "block"),
        ("platforms", 0, "methods", "docker", "version"),
    ],
)
def test_what_is_not_there_is_said(path: tuple[str | int, ...]) -> None:
    editing = Editing(TEXT.replace("source: *word", "source: b"))
    with pytest.raises(InputError, match="change it by hand"):
        editing.put(path, "x", after="nothing")


def test_a_block_is_added_in_its_place() -> None:
    text = "# sources\nsources:\n  a:\n    title: x\n  c:\n    title: y\n"
    editing = Editing(text)
    editing.add(("sources",), "b", ("title: z",))
    assert editing.text == text.replace("  c:", "  b:\n    title: z\n  c:")
    last = Editing(text)
    last.add(("sources",), "d", ("title: z",))
    assert last.text == f"{text}  d:\n    title: z\n"


@pytest.mark.parametrize(
    "value", ["0.34.0", "2.10", "0.5.20.post1", "no", "1e3", "a: b", "0x10", "b11549"]
)
def test_a_value_is_read_as_it_was_meant(value: str) -> None:
    assert yaml.safe_load(written(value)) == value
