"""Values in our spelling and units."""

_ARCHES = {
    **dict.fromkeys(("amd64", "x64"), "x86_64"),
    **dict.fromkeys(("x86", "i386", "i486", "i586"), "i686"),
    "arm64": "aarch64",
    **dict.fromkeys(("ppc64el", "powerpc64le"), "ppc64le"),
}

KIB_PER_GIB = 1 << 20
BYTES_PER_GIB = 1 << 30


def gib(amount: int | None, per_gib: int) -> float | None:
    """``amount`` in GiB with three decimals, where ``per_gib`` units are one GiB."""
    return None if amount is None else round(amount / per_gib, 3)


def arch(name: str) -> str | None:
    """``x86_64`` and ``aarch64`` where other systems say AMD64 and arm64."""
    name = name.lower()
    return _ARCHES.get(name, name) or None
