"""Versions as the vendors write them: 580.95.05, 9.0, 8.2.RC1, b11669, 2.10.0+cu128."""

import re
from functools import lru_cache

# The final releases and post-releases of PEP 440; builds of llama.cpp begin with b.
_RELEASE = r"b?(\d{1,18}(?:\.\d{1,18})*)(?:\.post(\d{1,18}))?(?:\+[\w.]+)?"
# Longer runs of digits are no part of a version, and Python refuses to read them.
_NUMBERS = re.compile(r"(?<!\d)\d{1,18}(?!\d)")


@lru_cache(maxsize=4096)
def parts(text: object) -> tuple[int, ...] | None:
    """The leading release numbers, without trailing zeros; None where there is no number.

    A release candidate counts as its release: for a floor of 8.2 the vendor's 8.2.RC1 is enough.
    """
    release = re.split(r"[+]|(?<=\d)\.?(?:rc|dev|a|b|post)\d*$", str(text).strip().lower())[0]
    numbers = [int(number) for number in _NUMBERS.findall(release)]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers) or None


def rank(version: str) -> tuple[tuple[int, ...], int] | None:
    """Where a release stands among the others of its project; None for what is no release.

    Pre-releases (``0.30.0rc2``, ``1.7.0.dev20261026``) are none (source: PEP 440).
    """
    found = re.fullmatch(_RELEASE, version)
    if found is None:
        return None
    numbers = [int(number) for number in found[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), int(found[2]) if found[2] else -1
