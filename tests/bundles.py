"""Several files in one text: ``==> name <==`` starts each, ``==> name -> target <==`` is a link.

``tail -n +1`` prints files so. Made-up computers are kept in this form because paths of sysfs hold
colons, which not every system allows in a file's name; ``␀`` stands for a NUL, which device trees
have.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_HEADER = re.compile(r"^==> (.+?)(?: -> (\S+))? <==$", re.MULTILINE)


def is_bundle(text: str) -> bool:
    """Whether the text begins with a header."""
    return _HEADER.match(text.lstrip()) is not None


def pieces(text: str) -> Iterator[tuple[str, str | None, str]]:
    """Name, target where it is a link, and content of each file."""
    parts = _HEADER.split(text)
    for name, target, content in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        yield name, target, content.strip("\n").replace("␀", "\0")


def unpack(text: str, root: Path) -> Path:
    """Write the files of a bundle below ``root``."""
    for name, target, content in pieces(text):
        place = root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if target:
            place.symlink_to(target)
        else:
            place.write_text(f"{content}\n" if content else "", encoding="utf-8")
    return root
