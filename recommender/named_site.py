"""The folder of a site that LLMPICK_KNOWLEDGE_DIR names, or what was shipped of one."""

import json
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from recommender.facts.codec import decode
from recommender.knowledge_files import PACKAGED, is_whole, named_folder

if TYPE_CHECKING:
    from recommender.overlay import Overlay

OF_SITE = "site.json"


@cache
def overlay() -> "Overlay | None":
    """What the folder of a site adds, where LLMPICK_KNOWLEDGE_DIR names one, or what was shipped.

    Raises:
        InputError: something in the folder is wrong.
    """
    named = named_folder()
    if named is None:
        return _shipped()
    if is_whole(named):
        return None
    # What reads it knows the names of facts, and so the rules, which stand above this module.
    return import_module("recommender.site").read(named)  # type: ignore[no-any-return]


def _shipped() -> "Overlay | None":
    """What the machine that shipped this package knows of its site."""
    file = PACKAGED / OF_SITE
    if not file.is_file():
        return None
    from recommender.overlay import Overlay

    return decode(Overlay, json.loads(file.read_text(encoding="utf-8")))
