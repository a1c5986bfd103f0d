"""Whatever a user types is one word at the program, in every file for a scheduler."""

import sys
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as some

from recommender.facts.plan import Process
from recommender.targets import skypilot, slurm
from tests.targets.scheduled import HOSTILE, by_hand, named, two_machines
from tests.targets.stage import Stage, rented, shellcheck, submitted

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these schedulers run on Linux")
# No word holds a NUL, and none of a lone surrogate can be typed.
_WORD = some.text(some.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
_SHELL = some.text("ab /'\"\\$`!*?[]{}()<>|&;#%~^=:,-\n\t\r@", min_size=1, max_size=12)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_name_is_one_word(name: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    submitted(stage, found := named(two_machines("slurm", "vllm", port=18123), name))
    assert name in stage.called(0, "vllm")
    assert name in stage.called(1, "vllm")
    rented(stage, task := named(two_machines("skypilot", "vllm"), name), 1)
    assert name in stage.called(1, "vllm")
    scripts = {"job": slurm.write(found), "run": yaml.safe_load(skypilot.write(task))["run"]}
    # A $ that nobody expands is what the name holds.
    shellcheck(tmp_path, scripts, but="SC2016")


@settings(max_examples=40, deadline=None)
@given(some.lists(_WORD | _SHELL, min_size=1, max_size=20))
def test_any_word_arrives_as_it_is(typed: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        found = by_hand(Process(role="server", argv=("bin/serve", *typed)))
        home = [f"{folder}/{word[2:]}" if word.startswith("~/") else word for word in typed]
        submitted(stage, found)
        assert stage.called(0, "serve") == home
        rented(stage, found, 0)
        assert stage.called(0, "serve") == home
