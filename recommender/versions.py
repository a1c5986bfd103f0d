"""Versions as the vendors write them: 580.95.05, 9.0, 8.2.RC1, b11669, 2.10.0+cu128."""

import re
from functools import lru_cache

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
