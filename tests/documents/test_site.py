"""The page about knowledge of one's own, with the files that stand on it."""

import re
from pathlib import Path

from recommender.site.house import FORMS
from tests.documents.reading import DOCS, blocks, commands
from tests.site.running import llmpick

PAGE = DOCS / "site-knowledge.md"


def _written(folder: Path) -> None:
    folder.mkdir()
    for block in blocks(PAGE, "yaml"):
        name = re.match(r"# (\S+)\n", block.text)
        assert name
        (folder / name[1]).write_text(block.text, encoding="utf-8")


def test_the_page_is_true(tmp_path: Path) -> None:
    _written(tmp_path / "site")
    validated, ranked, refused, launched, fitted = llmpick(tmp_path, *commands(PAGE))
    assert [done.code for done in (validated, ranked, refused, launched, fitted)] == [0, 0, 0, 0, 0]
    assert "site is valid" in validated.out
    assert "our operators know it (this site, house.yaml:11)" in " ".join(ranked.out.split())
    assert "8 x gpu-large" in ranked.out
    assert "ended" in refused.out
    assert "source: house.yaml:3" in refused.out
    assert "docker pull registry.example:5000/llm/vllm:0.33.0-site1" in launched.out
    assert "HF_ENDPOINT=https://hub.example" in launched.out
    assert "Falcon X1" in fitted.out


def test_every_form_of_a_rule_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{form}`" in text for form in FORMS)
