"""Bounds for text of unknown origin, so that no pattern takes long over it."""

# Longer than anything that a vendor's tool prints: a line of CSV with all fields of a device, and
# everything there is to say of sixteen devices.
_LINE, _TEXT = 1000, 1 << 18


def bounded(text: str) -> str:
    """The beginning of ``text`` with the beginnings of its lines."""
    return "\n".join(line[:_LINE] for line in text[:_TEXT].splitlines())
