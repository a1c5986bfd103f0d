"""Where the knowledge comes from, and that no framework is known to the code by name."""

import ast
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import recommender
from recommender.errors import InputError
from recommender.facts.codec import encode
from recommender.knowledge import load
from recommender.knowledge_source import compile_document, pack, plain, read_yaml
from recommender.lint.vocabulary import SUPPORT

CODE = Path(recommender.__file__).parent
ROOT = CODE.parent / "knowledge"
PURE = ("rules", "launch", "render", "cli")


def _llmpick(folder: Path | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LLMPICK")}
    if folder:
        environment["LLMPICK_KNOWLEDGE_DIR"] = str(folder)
    return subprocess.run(
        [sys.executable, "-m", "recommender", *arguments],
        env={**environment, "LLMPICK_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the knowledge that a test may change."""
    return Path(shutil.copytree(ROOT, tmp_path / "knowledge"))


def _ranked(framework: dict[str, Any]) -> bool:
    return bool(framework.get("role", "framework") == "framework")


def test_packed_and_unpacked_knowledge_are_the_same() -> None:
    files = pack(ROOT)
    whole = compile_document(ROOT, "core")["frameworks"]
    details = json.loads(files["details.json"])
    for file, ranked in (("platforms.jsonl", True), ("challengers.jsonl", False)):
        bodies = [json.loads(line) for line in files[file].split("\n")]
        written = [
            (framework["id"], platform)
            for framework in whole
            if _ranked(framework) is ranked
            for platform in framework["platforms"]
        ]
        for body, (name, platform) in zip(bodies, written, strict=True):
            assert body | details[name]["platforms"][platform["id"]] == platform
    assert json.loads(files["core.json"]) == load().document


def test_frameworks_are_read_as_they_are_written() -> None:
    named = {item["id"]: item for item in compile_document(ROOT, "core")["frameworks"]}
    every = (*load().frameworks, *load().challengers)
    assert {framework.id for framework in every} == set(named)
    for framework in every:
        made = json.loads(json.dumps(encode(framework)))
        written = named[framework.id]
        assert bool(made["upkeep"]) is ("upkeep" in written)
        for mine, theirs in zip(made["platforms"], written["platforms"], strict=True):
            for key in ("id", "version", "device", "support", "port", "traits", "formats"):
                assert mine[key] == theirs.get(key, mine[key])
            assert set(mine["methods"]) == set(theirs["methods"])
            assert set(mine["capabilities"]) == set(theirs["capabilities"])
            assert len(mine["packages"]) == len(theirs.get("packages", ()))


def test_a_packed_folder_answers_like_the_checkout(tmp_path: Path) -> None:
    code = Path(shutil.copytree(CODE, tmp_path / "recommender"))
    (code / "_knowledge").mkdir()
    for name, text in pack(ROOT).items():
        (code / "_knowledge" / name).write_text(text, encoding="utf-8")
    arguments = ("recommend", "--json", "--gpu", "H100 80GB:2", "--model", "qwen3:32b")
    command = [sys.executable, "-m", "recommender", *arguments]
    packed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert packed.stdout == _llmpick(None, *arguments).stdout


def test_no_platform_is_parsed_before_it_is_asked_for() -> None:
    for framework in load().document["frameworks"]:
        for platform in framework["platforms"]:
            assert set(platform) == {"id", "name", "device", "line"}


def test_another_folder_replaces_the_knowledge(copied: Path) -> None:
    for path in (copied / "frameworks").glob("*.yaml"):
        if path.stem != "ollama":
            path.unlink()
    answer = json.loads(_llmpick(copied, "recommend", "--json", "--gpu", "H100 80GB").stdout)
    seen = {item["framework"] for item in (*answer["ranking"], *answer["rejected"])}
    assert seen == {"ollama"}


def test_a_framework_is_added_by_a_file(copied: Path) -> None:
    source = (copied / "frameworks" / "vllm.yaml").read_text(encoding="utf-8")
    assert "\nid: vllm\n" in source
    new = source.replace("\nid: vllm\n", "\nid: newcomer\n", 1)
    (copied / "frameworks" / "newcomer.yaml").write_text(new, encoding="utf-8")
    answer = json.loads(_llmpick(copied, "recommend", "--json", "--gpu", "H100 80GB").stdout)
    serve = {item["framework"]: item["launch"]["serve"] for item in answer["ranking"]}
    assert serve["newcomer"] == serve["vllm"]


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("words.yaml", None, "cannot be read"),
        ("words.yaml", "words: [", "not valid YAML"),
        ("words.yaml", "- a", "must hold a mapping"),
        ("words.yaml", "", "must hold a mapping"),
        ("accelerators.yaml", None, "accelerators.yaml"),
        ("models.yaml", "models: []", "broken"),
        ("models.yaml", "models: 3\nladders: []", "broken"),
        ("sources.yaml", "sources: []", "broken"),
        ("frameworks/vllm.yaml", "id: vllm", "broken"),
        ("frameworks/vllm.yaml", "id: vllm\nplatforms: [1]", "broken"),
    ],
)
def test_a_broken_folder_is_one_sentence(
    copied: Path, file: str, content: str | None, named: str
) -> None:
    if content is None:
        (copied / file).unlink()
    else:
        (copied / file).write_text(content, encoding="utf-8")
    done = _llmpick(copied, "recommend", "--gpu", "H100 80GB")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_frameworks(copied: Path) -> None:
    shutil.rmtree(copied / "frameworks")
    with pytest.raises(InputError, match="no frameworks"):
        compile_document(copied, "core")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"x\.yaml"):
        read_yaml(path)


def test_what_json_has_no_form_for_becomes_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 2026-11-22\n7: [1, 2.5, null, true]\n", encoding="utf-8")
    assert read_yaml(path) == {"a": "2026-11-22", "7": [1, 2.5, None, True]}
    assert plain({1: {2: "a"}}) == {"1": {"2": "a"}}


@pytest.mark.parametrize("name", ["vllm", "VLLM", "vLLM"])
def test_a_framework_is_found_in_any_case(name: str) -> None:
    assert load().framework(name).id == "vllm"


def test_every_name_and_alias_means_one_framework() -> None:
    for framework in load().heads:
        for spelling in (framework.id, framework.name, *framework.aliases):
            assert load().framework(spelling.upper()).id == framework.id


def test_an_unknown_framework_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean vllm"):
        load().framework("vlllm")
    with pytest.raises(InputError, match="known are"):
        load().framework("\x1b[31m")


def test_frameworks_come_in_the_order_of_their_ids() -> None:
    turned = replace(
        load(),
        document={**load().document, "frameworks": load().document["frameworks"][::-1]},
    )
    names = [framework.id for framework in turned.heads]
    assert names == sorted(names)
    assert [framework.id for framework in turned.frameworks] == names


def test_support_is_said_in_known_words() -> None:
    for framework in load().frameworks:
        assert len({platform.id for platform in framework.platforms}) == len(framework.platforms)
        for platform in framework.platforms:
            assert platform.support in SUPPORT, platform.id
            assert platform.wsl2 in SUPPORT, platform.id
            for entry in platform.quantizations:
                assert entry.support in {"native", "weight-only", "plugin", "no"}, platform.id


FILES = [path for part in PURE for path in sorted((CODE / part).glob("**/*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CODE)))
def test_no_framework_is_named_in_code(path: Path) -> None:
    names = {framework.id for framework in load().heads}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert not names & {value.casefold() for value in constants if isinstance(value, str)}
