"""What pages say of options, exit codes, words and variables is what the program has."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from recommender.cli.main import COMMANDS, application
from recommender.facts import (
    Accelerator,
    Answer,
    Considered,
    Cpu,
    DeviceMemory,
    Fit,
    Framework,
    Launch,
    Link,
    Machine,
    Memory,
    Model,
    Os,
    Platform,
    Problem,
    Reason,
    Rejection,
    Software,
    Speed,
    Workload,
)
from recommender.facts.answer import Candidate
from recommender.facts.budget import Budget
from recommender.facts.exposure import Exposure
from recommender.facts.platform import Package
from recommender.knowledge import load
from scripts.documents import words
from tests.documents.conftest import Shell
from tests.documents.reading import DOCS, DOCUMENTS, ROOT

# Options of other programs, which pages mention.
_OTHERS = {
    "--trust-remote-code",
    "--quiet",
    "--editable",
    "--extra-index-url",
    "--seconds",
    "--corpora",
    "--findings",
    "--jobs",
    "--folder",
    "--sample",
    "--cov",
    "--snapshot-update",
    "--check",
    "--rows",
    "--quantization",
    "--strict",
    "--scope",
    "--quick",
    "--licences",
    "--bounds",
}


def _options() -> Iterator[str]:
    group = typer.main.get_command(application([]))
    yield "--version"
    for name in COMMANDS:
        command = group.commands[name]  # type: ignore[attr-defined]
        for sub in (command, *getattr(command, "commands", {}).values()):
            for parameter in sub.params:
                yield from (*parameter.opts, *parameter.secondary_opts)


OPTIONS = frozenset(_options()) | {"--help"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_options_exist(path: Path) -> None:
    spans = re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8"))
    named = {option for span in spans for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", span)}
    assert named <= OPTIONS | _OTHERS, named - OPTIONS - _OTHERS


_ASKED = {
    "recommend": "recommend --gpu L40S",
    "fit": "fit Qwen/Qwen3-8B --gpu L40S",
    "compare": "compare --gpu L40S --gpu L4",
    "fleet": "probe --json | llmpick fleet",
    "explain": "explain vllm --gpu L40S",
    "frameworks": "frameworks",
    "models": "models qwen3",
    "probe": "probe",
    "doctor": "doctor ollama",
    "verify": "verify http://127.0.0.1:1",
}


def test_forms_of_output_are_those_of_the_commands(shell: Shell) -> None:
    page = (DOCS / "scripting.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+`) \| .+ \| .+ \| (.+) \|$", page, re.MULTILINE)
    named = {name: bare for names, bare in rows for name in re.findall(r"`(\w+)`", names)}
    assert named.keys() == _ASKED.keys() | {"launch"}
    for name, line in _ASKED.items():
        done = shell(f"llmpick {line} -o name")
        assert (done.code == 2) == (named[name] == "none"), (line, done.err)


def test_exit_codes_are_those_of_the_help() -> None:
    from recommender.cli.knowledge_commands import INVALID
    from recommender.cli.recommend_command import NOTHING_RUNS

    page = (DOCS / "scripting.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d) \| (.+) \|$", page, re.MULTILINE))
    assert list(rows) == list("012345")
    assert "nothing can run" in rows[str(NOTHING_RUNS)]
    assert "knowledge validate" in rows[str(INVALID)]


def test_the_tables_of_words_are_those_of_the_knowledge() -> None:
    page = words.PAGE.read_text(encoding="utf-8")
    assert words.page(page) == page, "python -m scripts.write_documents makes the tables anew"


def test_a_condition_mentions_what_it_asks_for() -> None:
    fact = "workload.use_case"
    assert words.mentions({fact: "rag"}, fact, "rag")
    assert words.mentions({"any": [{fact: ["rag", "chat"]}]}, fact, "chat")
    assert words.mentions({"holds": "personal-like"}, fact, "local-api")
    assert not words.mentions({"none": [{fact: "rag"}]}, fact, "rag")
    assert not words.mentions({fact: {"not_in": ["rag"]}}, fact, "rag")
    assert words.mentions({"workload.features": {"has": ["asr"]}}, "workload.features", "asr")


def test_variables_are_read_somewhere() -> None:
    page = (DOCS / "scripting.md").read_text(encoding="utf-8")
    files = (ROOT / "recommender").rglob("*.py")
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    for name in re.findall(r"`(LLMPICK_\w+)`", page):
        assert name in sources, name


def test_every_kind_of_knowledge_is_described() -> None:
    page = (DOCS / "data-guidelines.md").read_text(encoding="utf-8")
    for path in (ROOT / "knowledge").glob("*.yaml"):
        assert f"`{path.name}`" in page, path.name


def test_every_schema_is_named() -> None:
    from recommender.schema import NOUNS

    page = (DOCS / "json-contract.md").read_text(encoding="utf-8")
    listed = re.search(r"`llmpick schema ([\w|-]+)`", page)
    assert listed is not None
    assert set(listed[1].split("|")) == set(NOUNS)


def _fields(*nouns: type) -> set[str]:
    return {field.name for noun in nouns for field in fields(noun)}


def test_every_field_of_an_answer_is_explained() -> None:
    page = (DOCS / "json-contract.md").read_text(encoding="utf-8")
    parts = (Answer, Candidate, Fit, DeviceMemory, Speed, Launch, Rejection, Considered, Reason)
    said = (Workload, Model, Machine, Os, Cpu, Memory, Accelerator, Link, Software, Problem)
    for name in _fields(*parts, *said):
        assert re.search(rf"\b{name}\b", page), name


def test_every_part_of_a_framework_is_explained() -> None:
    page = (DOCS / "data-guidelines.md").read_text(encoding="utf-8")
    for name in _fields(Framework, Platform, Budget, Exposure, Package):
        assert re.search(rf"\b{name}\b", page), name


def test_every_framework_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for head in load().heads:
        assert head.name in readme, head.name
