"""The pictures show what the command beside them answers today."""

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from scripts.documents.pictures import FOLDER, shown, text
from scripts.documents.svg import words_of
from tests.documents.reading import CHINESE, README, commands

_ANEW = "the pictures are old: python -m scripts.write_documents makes them anew"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_picture_shows_todays_answer(lang: str) -> None:
    today = text(lang)
    for look in ("light", "dark"):
        picture = (FOLDER / f"answer-{lang}-{look}.svg").read_text(encoding="utf-8")
        assert words_of(picture) == today, _ANEW


@pytest.mark.parametrize(("lang", "document"), [("en", README), ("zh", CHINESE)])
def test_the_command_of_a_picture_stands_beside_it(lang: str, document: Path) -> None:
    assert shown(lang) in commands(document)
    for look in ("light", "dark"):
        assert f"docs/images/answer-{lang}-{look}.svg" in document.read_text(encoding="utf-8")


def test_pictures_load_nothing() -> None:
    found = list(FOLDER.glob("*.svg"))
    assert found
    for path in found:
        root = fromstring(path.read_text(encoding="utf-8"))  # noqa: S314  # ours
        assert {item.tag.rpartition("}")[2] for item in root.iter()} == {
            "svg", "title", "rect", "g", "text"
        }
        names = {name for item in root.iter() for name in item.attrib}
        assert not any("href" in name or name == "style" or name.startswith("on") for name in names)
