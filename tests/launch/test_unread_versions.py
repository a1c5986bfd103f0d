"""A version whose options were never read is planned for, and said to be unknown."""

import pytest

from recommender.facts.plan import Plan
from recommender.knowledge import document
from recommender.targets import shell
from tests.targets.described import plan

READ = document("versions")


def made(framework: str, version: str | None, **more: object) -> Plan:
    wish = {"version": version, "brings": version is not None, **more}
    return plan(framework, "H100 80GB", "Qwen/Qwen3-8B", os="linux", **wish)


def said(whole: Plan, word: str) -> list[str]:
    return [note for note in whole.notes if word in note]


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "xinference", "ollama"])
def test_a_newer_one_names_the_newest_that_is_known(framework: str) -> None:
    methods = ("native",) if framework == "ollama" else ("pip",)
    whole = made(framework, "999.0.0", methods=methods)
    (note,) = said(whole, "999.0.0")
    newest = made(framework, None, methods=methods).version
    assert newest in note
    assert f"# {note}\n" in shell.write(whole)


def test_an_older_one_names_the_oldest_that_was_read() -> None:
    (note,) = said(made("vllm", "0.1.0", methods=("pip",)), "0.1.0")
    assert READ["vllm"][0] in note


@pytest.mark.parametrize("version", [None, *READ["vllm"][::4], READ["vllm"][-1], "0.24.0"])
def test_one_between_them_needs_no_word(version: str | None) -> None:
    assert made("vllm", version, methods=("pip",)).notes == ()


def test_the_library_names_what_is_pulled() -> None:
    whole = plan("ollama", "RTX 4090", "Qwen/Qwen3-32B", os="linux")
    assert whole.model == "qwen3:32b"
    assert "serves qwen3:32b, as" in shell.write(whole)
    pulled = [process.argv[-1] for process in whole.of("load")]
    assert pulled == [whole.model]
    other = plan("llama.cpp", "RTX 4090", "Qwen/Qwen3-32B", os="linux")
    assert other.model == "unsloth/Qwen3-32B-GGUF"
