"""The folder of knowledge: what is compiled of it is kept, and what is misshapen is handed on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from recommender import knowledge, knowledge_files, knowledge_source, named_site
from recommender.errors import InputError
from recommender.knowledge_source import read_yaml, spell_out, with_commands

Compiled: TypeAlias = Callable[[], int]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout of one file of knowledge."""
    root = tmp_path / "knowledge"
    root.mkdir()
    (root / "words.yaml").write_text("words: {}\n", encoding="utf-8")
    monkeypatch.delenv("LLMPICK_KNOWLEDGE_DIR", raising=False)
    monkeypatch.setattr(knowledge_files, "_CHECKOUT", root)
    monkeypatch.setattr(knowledge_files, "_CACHE", tmp_path / ".cache")
    yield root
    _forget()


def _forget() -> None:
    """What another process would not know."""
    knowledge_files._checkout.cache_clear()  # noqa: SLF001
    for kept in (knowledge.document, knowledge.installed, named_site.overlay):
        kept.cache_clear()
    knowledge.load.cache_clear()


@pytest.fixture
def compiled(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """How often the folder was compiled once the knowledge was asked for in a new process."""
    times: list[Path] = []

    def pack(root: Path) -> dict[str, str]:
        times.append(root)
        return {"core.json": '{"date": "2026-11-22"}'}

    def asked() -> int:
        _forget()
        assert knowledge.load().date == "2026-11-22"
        return len(times)

    assert checkout == knowledge_files.folder()
    monkeypatch.setattr(knowledge_source, "pack", pack)
    return asked


def test_the_compiled_copy_is_used_until_a_file_changes(checkout: Path, compiled: Compiled) -> None:
    assert (compiled(), compiled()) == (1, 1)
    (checkout / "words.yaml").write_text("words: {a: b}\n", encoding="utf-8")
    assert (compiled(), compiled()) == (2, 2)
    (checkout / "frameworks").mkdir()
    (checkout / "frameworks" / "new.yaml").write_text("id: new\n", encoding="utf-8")
    assert (compiled(), compiled()) == (3, 3)


def test_a_spoilt_copy_is_made_anew(checkout: Path, compiled: Compiled) -> None:
    assert compiled() == 1
    (checkout.parent / ".cache" / "knowledge.json").write_text("{", encoding="utf-8")
    assert (compiled(), compiled()) == (2, 2)
    assert [path.name for path in (checkout.parent / ".cache").iterdir()] == ["knowledge.json"]


def test_a_copy_that_cannot_be_kept_is_done_without(checkout: Path, compiled: Compiled) -> None:
    (checkout.parent / ".cache").write_text("a file", encoding="utf-8")
    assert (compiled(), compiled()) == (1, 2)


def test_a_folder_that_is_named_goes_before_the_checkout(
    checkout: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout.parent / "mine" / "frameworks").mkdir(parents=True)
    monkeypatch.setenv("LLMPICK_KNOWLEDGE_DIR", str(checkout.parent / "mine"))
    assert knowledge_files.folder() == checkout.parent / "mine"
    assert (compiled(), compiled()) == (1, 2)
    assert not (checkout.parent / ".cache").exists()


def test_the_wheel_reads_what_it_carries(
    checkout: Path, compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = checkout.parent / "_knowledge"
    packaged.mkdir()
    (packaged / "core.json").write_text('{"date": "2026-11-22"}', encoding="utf-8")
    monkeypatch.setattr(knowledge_files, "PACKAGED", packaged)
    assert compiled() == 0
    (checkout / "frameworks").mkdir()
    monkeypatch.setattr(knowledge_files, "_CHECKOUT", checkout.parent / "other")
    monkeypatch.setenv("LLMPICK_KNOWLEDGE_DIR", str(checkout))
    assert compiled() == 1


@pytest.mark.parametrize("error", [KeyError("id"), TypeError("no list"), AttributeError("no dict")])
@pytest.mark.usefixtures("checkout")
def test_a_broken_folder_names_the_command_that_says_where(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(_: Path) -> dict[str, str]:
        raise error

    _forget()
    monkeypatch.setattr(knowledge_source, "pack", pack)
    with pytest.raises(InputError, match="is broken; llmpick knowledge validate"):
        knowledge.load()


def test_a_file_that_is_missing_or_no_mapping(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"words\.yaml cannot be read: No such file"):
        read_yaml(tmp_path / "words.yaml")
    (tmp_path / "words.yaml").write_text("- a\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"words\.yaml must hold a mapping, not list"):
        read_yaml(tmp_path / "words.yaml")


def test_shorthands_are_spelt_out() -> None:
    line: dict[str, Any] = {"run": ["a", {"args": "b"}], "when": {"holds": "offline"}}
    steps = [{"args": "a"}, {"args": "b"}]
    written = {
        "arguments": ["--x"],
        "capabilities": {"vision": "no", "lora": ["batched"], "metrics": {"support": "unknown"}},
        "methods": {"pip": {"install": ["a", ["a", {"args": "b"}], line, {"raw": "c"}]}},
    }
    (full,) = spell_out({"id": "x", "platforms": [written]})["platforms"]
    assert full["arguments"] == [{"args": "--x"}]
    assert full["capabilities"]["lora"] == {"terms": ["batched"]}
    assert (full["traits"], full["cannot"]) == (["lora"], ["vision"])
    assert full["methods"]["pip"]["install"] == [
        {"steps": [{"args": "a"}]},
        {"steps": steps},
        {"steps": steps, "when": {"holds": "offline"}},
        {"raw": "c"},
    ]


def test_capabilities_of_a_framework_are_those_of_its_platforms() -> None:
    shared = {"lora": "native", "vision": "native"}
    own = {"capabilities": {"vision": "no"}, "traits": ["python-server"]}
    made = spell_out({"capabilities": shared, "platforms": [own, {}]})
    assert "capabilities" not in made
    assert made["platforms"][0]["traits"] == ["python-server", "lora"]
    assert made["platforms"][0]["cannot"] == ["vision"]
    assert made["platforms"][1]["traits"] == ["lora", "vision"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"platforms": 3},
        {"platforms": [1]},
        {"platforms": [{"capabilities": "all"}]},
        {"platforms": [{"capabilities": {}, "methods": "pip", "traits": [], "cannot": []}]},
        {"platforms": [{"capabilities": {}, "methods": {"pip": 1}, "traits": [], "cannot": []}]},
    ],
)
def test_a_misshapen_framework_is_left_for_the_linter(wrong: dict[str, Any]) -> None:
    assert spell_out(wrong) == wrong


def test_commands_of_remedies_may_be_lines() -> None:
    commands = {"debian": ["a", {"run": "b", "source": "s"}, 3], "windows": "none"}
    made = with_commands({"checks": "none", "remedies": [{"commands": commands}, {"rule": "x"}, 7]})
    first, second, third = made["remedies"]
    assert first["commands"]["debian"] == [{"raw": "a"}, {"raw": "b", "source": "s"}, 3]
    assert first["commands"]["windows"] == made["checks"] == "none"
    assert (second, third) == ({"rule": "x"}, 7)
