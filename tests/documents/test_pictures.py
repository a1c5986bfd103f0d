"""The pictures show what the command beside them answers today."""

import re

import pytest

from scripts.documents.pictures import FOLDER, shown, text
from scripts.documents.svg import words_of
from tests.documents.reading import CHINESE, README, commands

_ANEW = "the pictures are old: python -m scripts.write_documents makes them anew"


@pytest.mark.parametrize(("lang", "path"), [("en", README), ("zh", CHINESE)])
def test_a_picture_shows_todays_answer(lang: str, path: object) -> None:
    today = text(lang)
    for look in ("light", "dark"):
        picture = (FOLDER / f"answer-{lang}-{look}.svg").read_text(encoding="utf-8")
        assert words_of(picture) == today, _ANEW


@pytest.mark.parametrize(("lang", "path"), [("en", README), ("zh", CHINESE)])
def test_the_command_of_a_picture_stands_beside_it(lang: str, path: object) -> None:
    document = README if lang == "en" else CHINESE
    assert shown(lang) in commands(document)
    for look in ("light", "dark"):
        assert f"docs/images/answer-{lang}-{look}.svg" in document.read_text(encoding="utf-8")


def test_pictures_ask_nobody_for_anything() -> None:
    for path in FOLDER.glob("*.svg"):
        svg = path.read_text(encoding="utf-8")
        assert not re.search(r"url\(|<script|<image|href=", svg)
        assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
