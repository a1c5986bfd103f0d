"""The pictures of the answer in both READMEs."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from scripts.documents.capture import COLUMNS, ROOT, captured
from scripts.documents.svg import DARK, LIGHT, picture, plain

FOLDER = ROOT / "docs" / "images"
# A described machine, so that the picture is the same wherever it is made. One line each.
_TYPED = (
    'llmpick recommend --gpu "H100 SXM:8" --os "ubuntu 24.04" --driver 580',
    "--use-case production --concurrency 200",
    "--model meta-llama/Llama-3.3-70B-Instruct",
)
_TITLES = {
    "en": "What llmpick answers for eight H100 GPUs, 200 users and a 70B model",
    "zh": "llmpick 对 8 张 H100、200 并发、70B 模型给出的答案",
}


def shown(lang: str) -> str:
    """The command whose answer the picture of a language shows."""
    return " ".join((*_TYPED, *_language(lang)))


def screen(lang: str) -> str:
    """The command and its answer as a terminal shows them, with colours."""
    typed = " \\\n    ".join((*_TYPED[:-1], " ".join((_TYPED[-1], *_language(lang)))))
    return f"$ {typed}\n\n{captured(shlex.split(shown(lang))[1:])}"


def _language(lang: str) -> tuple[str, ...]:
    return () if lang == "en" else ("--lang", lang)


def pictures() -> Iterator[tuple[Path, str]]:
    """Every picture and where it belongs."""
    for lang, title in _TITLES.items():
        ansi = screen(lang)
        for name, look in (("light", LIGHT), ("dark", DARK)):
            yield FOLDER / f"answer-{lang}-{name}.svg", picture(ansi, title, COLUMNS, look)


def text(lang: str) -> str:
    """What the picture of a language has to say."""
    return plain(screen(lang))
