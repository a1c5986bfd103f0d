"""The pictures show what the command beside them answers today."""

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from scripts.documents.pictures import FOLDER, shown, text
from scripts.documents.svg import DARK, LIGHT, Look, picture, plain, words_of
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
            "svg",
            "title",
            "rect",
            "g",
            "text",
        }
        names = {name for item in root.iter() for name in item.attrib}
        assert not any("href" in name or name == "style" or name.startswith("on") for name in names)


def _luminance(colour: tuple[int, int, int]) -> float:
    """The relative luminance of an sRGB colour (WCAG 2.1)."""
    parts = [part / 255 for part in colour]
    red, green, blue = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_every_colour_can_be_read(look: Look) -> None:
    ground = _luminance(look.background)
    for colour in (look.foreground, *look.colours):
        lighter, darker = sorted((ground, _luminance(colour)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, colour


def test_columns_and_wide_characters_come_back() -> None:
    ansi = "\x1b[1m1  昇腾 910B\x1b[0m   \x1b[32m首选\x1b[0m: a < b & c\n\n  two"
    assert words_of(picture(ansi, "a title", 40, LIGHT)) == plain(ansi)
