"""The Chinese README is the English one, and pages point to what is there."""

import re
from pathlib import Path

import pytest

from tests.documents.reading import (
    CHINESE,
    DOCS,
    DOCUMENTS,
    README,
    ROOT,
    Block,
    anchor,
    blocks,
    headings,
    links,
)

_PICTURE = re.compile(r"answer-(?:en|zh)-")


def _plain(block: Block) -> Block:
    """A block without what may differ: the option that asks for Chinese, comments."""
    text = re.sub(r" --lang zh\b", "", block.text)
    return Block(block.language, re.sub(r"(?m)\s*#.*$", "", text))


def test_blocks_are_the_same() -> None:
    assert [_plain(block) for block in blocks(CHINESE)] == [_plain(b) for b in blocks(README)]


def test_the_chinese_readme_asks_for_chinese_answers() -> None:
    text = CHINESE.read_text(encoding="utf-8")
    asked = [line for block in blocks(CHINESE, "sh") for line in block.commands()]
    for line in asked:
        assert "--lang zh" in line or line.startswith("python3 -m venv"), line
    assert text.count("--lang zh") >= len(asked) - 2


def test_headings_are_as_many_and_as_deep() -> None:
    assert [level for level, _ in headings(CHINESE)] == [level for level, _ in headings(README)]


def test_links_are_the_same() -> None:
    def targets(path: Path) -> list[str]:
        other = {"README.md", "README.zh-CN.md"}
        return [_PICTURE.sub("answer-", link) for link in links(path) if link not in other]

    assert targets(CHINESE) == targets(README)
    assert "README.zh-CN.md" in list(links(README))
    assert "README.md" in list(links(CHINESE))


def test_paragraphs_and_points_are_as_many() -> None:
    def shape(path: Path) -> list[str]:
        lines = path.read_text(encoding="utf-8").splitlines()
        return ["-" if line.startswith("- ") else "" for line in lines]

    assert shape(CHINESE) == shape(README)


def test_a_readme_is_short() -> None:
    for path in (README, CHINESE):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_point_to_what_is_there(path: Path) -> None:
    for link in links(path):
        if link.startswith(("https://", "http://")):
            continue
        name, _, part = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        if part:
            assert part in {anchor(title) for _, title in headings(target)}, link


def test_the_index_names_every_page() -> None:
    named = {link.partition("#")[0] for link in links(DOCS / "README.md")}
    for path in DOCS.glob("*.md"):
        assert path.name in named or path.name == "README.md", path.name
