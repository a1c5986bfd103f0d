"""Every word of a Deployment comes out as it is, whatever other readers take it for."""

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.facts import Model
from recommender.facts.noun import changed
from recommender.knowledge import load
from recommender.targets.registry import TARGETS
from tests.targets.pods import (
    expanded,
    h100s,
    plan_for,
)
from tests.targets.test_kubernetes import server_of

HOSTILE = (
    "a/b$(HOSTNAME)",
    "a/$$(x) $y $",
    'a/it\'s "quoted"',
    "a/`id`; rm -rf / #",
    "a/%s%n",
    "a/new\nline: - x",
    "a/\u202egnp\u0007",
    "a/模型",
    "1e3/y",
)


def test_words_that_other_readers_take_for_numbers_are_quoted() -> None:
    plan = plan_for("vllm", h100s())
    server = changed(
        plan.server, argv=("1e3", "y", "0o14", "1_000", "12:30:45", "~", "-1", "=", "0x1F")
    )
    body = TARGETS["kubernetes"].write(changed(plan, processes=(server,)))
    for word in server.argv:
        assert f'- "{word}"\n' in body


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_one_word(name: str) -> None:
    model = Model(id=name, params=8_000_000_000, quantization="bf16")
    plan = plan_for("vllm", h100s(), model)
    found = [expanded(word, {"HOSTNAME": "x", "x": "y"}) for word in server_of(plan)["args"]]
    assert found == list(plan.server.argv)
    text = TARGETS["kubernetes"].write(plan)
    assert text.isascii() or not re.search("[\u202e\u0007]", text)
    body = text.split("\n---\n", 1)[1]
    assert list(yaml.safe_load_all(body))[-1]["kind"] == "Service"


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
def test_words_are_the_same_after_expansion(words: list[str], value: str) -> None:
    plan = _BASE
    server = changed(plan.server, argv=tuple(words), env={"A": value})
    text = TARGETS["kubernetes"].write(changed(plan, processes=(server,)))
    found = list(yaml.safe_load_all(text))[-2]["spec"]["template"]["spec"]["containers"][0]
    hints = {"A": "1", "HOSTNAME": "h", "": "empty", "x": "y"}
    assert [expanded(word, hints) for word in found.get("args", [])] == words
    env = {item["name"]: item.get("value") for item in found["env"]}
    assert expanded(env["A"], hints) == value


_BASE = plan_for("vllm", h100s())


def test_every_resource_is_a_qualified_name() -> None:
    name = re.compile(r"[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
    devices = load().kubernetes.devices
    assert len({row.id for row in devices}) == len(devices)
    for row in devices:
        assert name.fullmatch(row.resource), row.id
