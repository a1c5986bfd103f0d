"""Regular expressions that are compiled when they are first used, for a quick start."""

import re
from typing import Any, cast


class _Lazy:
    """Stands for a compiled pattern; the first attribute that is asked for compiles it."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        self.__dict__[name] = found
        return found


def lazily(text: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern of ``re.compile(text, flags)``, compiled at its first use.

    ``text`` is known to be a regular expression: a mistake in it shows at that use only.
    """
    return cast("re.Pattern[str]", _Lazy(text, flags))
