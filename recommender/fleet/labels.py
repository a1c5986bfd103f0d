"""The labels and resources of a node, as text."""

from collections.abc import Mapping
from typing import Any, NamedTuple

_LONGEST = 1000


class Labels(NamedTuple):
    """What a node says of itself: labels, and its resources in all and to be had."""

    labels: Mapping[str, str]
    capacity: Mapping[str, str]
    allocatable: Mapping[str, str]

    def get(self, key: str | None) -> str | None:
        """The value of a label, None where there is none or it is empty."""
        return self.labels.get(key or "") or None

    def number(self, key: str | None) -> int | None:
        """The value of a label that is a whole number."""
        return whole(self.get(key))

    def usable(self, resource: str) -> int | None:
        """How many of a resource pods may have; None where the node has none of that name."""
        return whole(self.allocatable.get(resource, self.capacity.get(resource)))


def whole(text: str | None) -> int | None:
    """A whole number of at most nine digits."""
    plain = text is not None and text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004
    return int(text or "") if plain else None


def text_of(value: Any) -> str | None:
    """A text that is none too long; numbers as JSON writes them."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return value[:_LONGEST] if isinstance(value, str) and value else None


def texts(value: Mapping[str, Any]) -> dict[str, str]:
    """The members of an object that are texts or numbers."""
    found = ((key, text_of(item)) for key, item in value.items())
    return {key: item for key, item in found if item is not None}
