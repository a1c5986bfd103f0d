"""A version that the user names is brought, or refused with the way that brings it."""

from dataclasses import replace

import pytest

from recommender.devices.described import describe
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.launch.pinning import NoVersionError, check, written
from recommender.words import Words
from tests.targets.plans import plan

WORDS = Words(table=load().words, lang="en")
MACHINE = describe(["H100 80GB"])


def _vllm(method: str) -> Plan:
    made = plan("vllm", MACHINE, opening=Opening(methods=(method,)))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("framework", "named", "meant"),
    [
        ("vllm", "0.32.0", "0.32.0"),
        ("vllm", "v0.32.0", "0.32.0"),
        ("vllm", "0.33.0rc1", "0.33.0rc1"),
        ("llama.cpp", "b6000", "b6000"),
        ("llama.cpp", "6000", "b6000"),
    ],
)
def test_a_version_is_written_as_its_framework_does(framework: str, named: str, meant: str) -> None:
    assert written(named, load().framework(framework), WORDS) == meant


@pytest.mark.parametrize(
    ("framework", "named"),
    [("vllm", "b6000"), ("vllm", "33"), ("vllm", "latest"), ("llama.cpp", "0.1.2")],
)
def test_a_version_of_another_form_is_refused(framework: str, named: str) -> None:
    with pytest.raises(NoVersionError, match="versions are written like"):
        written(named, load().framework(framework), WORDS)


@pytest.mark.parametrize("method", ["pip", "docker"])
def test_lines_that_name_the_version_bring_it(method: str) -> None:
    made = _vllm(method)
    check(made, (), lambda _: None, WORDS)
    for near in ("0.3", f"{made.version}.1", f"1{made.version}", made.version[:-1]):
        with pytest.raises(NoVersionError, match="cannot be brought here"):
            check(replace(made, version=near), (), lambda _: None, WORDS)


def test_another_way_that_brings_it_is_named() -> None:
    here = replace(_vllm("docker"), version="0.1.0")
    there = replace(_vllm("pip"), version="0.1.0", install=())
    with pytest.raises(NoVersionError, match="--install pip"):
        check(here, ("docker", "pip"), {"docker": here, "pip": there}.get, WORDS)


def test_what_is_installed_already_is_taken_at_the_users_word() -> None:
    check(replace(_vllm("pip"), version="0.1.0", install=()), (), lambda _: None, WORDS)
