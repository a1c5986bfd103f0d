"""The rules judge frameworks by what knowledge says of them, never by who they are."""

import re
from pathlib import Path

import pytest

import recommender.rules
from recommender.knowledge import load

FILES = sorted(Path(recommender.rules.__file__).parent.glob("*.py"))
# What a formula or a threshold is taken from may be a framework's own code or document.
CITATION = re.compile(r"\(source: [^)]*\)")
KNOWN = load()
NAMES = sorted(
    {name for head in (*KNOWN.heads, *KNOWN.challenger_heads) for name in (head.id, head.name)}
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_framework_is_named(file: Path) -> None:
    text = CITATION.sub("", file.read_text(encoding="utf-8"))
    found = [name for name in NAMES if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)]
    assert found == []
