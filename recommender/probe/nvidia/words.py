"""How nvidia-smi writes values: numbers with units, and many ways to say that there is none."""

import re

from recommender.probe.files import clean

# No computer has more of them; a longer text is not from one.
MOST_GPUS = 128
SOURCE = "nvidia-smi"

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_NOTHING = re.compile(
    r"N/?A|None|Not (?:Supported|Found|Available)|Unknown Error|ERR!|-|"
    r"Insufficient Permissions|GPU is lost|GPU requires re(?:set|start)|"
    r"Requested functionality has been deprecated|No Permission",
    re.IGNORECASE,
)
_FAULTS = re.compile(r"GPU is lost|GPU requires re(?:set|start)|ERR!", re.IGNORECASE)
# Actions of recovery without which a GPU does not work (nvidia-smi manual).
_RECOVERY = {"reset", "reboot"}
_STATES = {"enabled": True, "disabled": False, "on": True, "off": False}


def value(text: str | None) -> str | None:
    """The text without brackets; None for ``N/A``, ``[Not Supported]`` and their like."""
    plain = clean(text or "")
    if plain.startswith("[") and plain.endswith("]"):
        plain = plain[1:-1].strip()
    return None if not plain or _NOTHING.fullmatch(plain) else plain


def number(text: str | None) -> float | None:
    """The number that a value starts with; sizes are in MiB (``46068 MiB``)."""
    match = _NUMBER.match(value(text) or "")
    return float(match[0]) if match else None


def whole(text: str | None) -> int | None:
    """The number that a value starts with, if it has no fraction."""
    amount = number(text)
    return int(amount) if amount is not None and amount.is_integer() else None


def state(text: str | None) -> bool | None:
    """Whether a mode is on; a star says that it changes with the next reset."""
    return _STATES.get((value(text) or "").rstrip("*").lower())


def fault(text: str | None) -> str | None:
    """What a value says of a GPU that cannot be used."""
    match = _FAULTS.search(text or "")
    return match[0] if match else None


def first_fault(action: str | None, *said: str | None) -> str | None:
    """Why a GPU cannot be used, by the action that would mend it or by what its values say."""
    wanted = (action or "").strip().lower()
    return wanted if wanted in _RECOVERY else next(filter(None, map(fault, said)), None)


def is_refused(text: str | None) -> bool:
    """Whether there is an answer, but no size in it."""
    return bool(text and text.strip()) and number(text) is None
