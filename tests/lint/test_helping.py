"""Each mistake in help.yaml is one sentence."""

import pytest

from recommender.lint import helping as linter
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_help_is_sound(sound: Loaded) -> None:
    assert list(linter.findings(sound)) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("{group: machine, en: its main memory, zh: 内存容量}", "{group: machine, en: its main memory}", "--ram: must have exactly en and zh"),
        ("{group: machine, en: its main memory", "{group: machines, en: its main memory", "no group is called 'machines'"),
        ("    changes: {en: nothing, zh: 不做改动}\n", "", "changes: must have exactly en and zh"),
        ("没有命令 '{name}'", "没有该命令", "errors.command: en and zh name different facts"),
        ("- {run: llmpick probe, en: what is here", "- {run: probe, en: what is here", "example 1 must run llmpick"),
        ("      - {run: llmpick probe, en: what is here, zh: 本机有什么}\n", "", "must have 3 examples, not 2"),
    ],
)  # fmt: skip
def test_mistakes(spoilt: Spoilt, old: str, new: str, finding: str) -> None:
    found = list(linter.findings(spoilt("help.yaml", old, new)))
    assert len(found) == 1
    assert finding in found[0]
