"""How much of a Mac's memory its GPU may use, where Metal itself cannot be asked."""

_MACOS_26 = 26
# Memory from which on Metal recommends this share of it, on macOS 26 and later.
_SHARES = ((256, 0.87), (128, 0.84), (64, 0.81), (32, 0.78), (16, 0.74))
_SMALL = 2 / 3
_BEFORE, _BEFORE_FROM_GIB = 0.75, 36
# Large Macs keep this for the rest of the system, before macOS 26.
_KEPT_GIB = 48


def working_set_gib(memory_gib: float, macos: str | None) -> float:
    """An estimate of Metal's recommendedMaxWorkingSetSize in GiB.

    It goes by steps: what was posted for one size is equal whatever the chip. macOS 26: 74 % of 16,
    18 and 24 GiB, 78 % of 32, 36 and 48, 81 % of 64 and 96, 84 % of 128, 87 % of 256, two thirds
    of 8. Before: two thirds below 36 GiB, three quarters up to 192, all but 48 GiB of 256 and 512.
    Between measured sizes the step below holds; for an unknown system the older, smaller value.
    Source: start-up logs of llama.cpp ("recommendedMaxWorkingSetSize") and
    ``mlx.core.device_info()`` as users posted them, 2023 to 2026.

    Args:
        memory_gib: all memory of the Mac.
        macos: version of the system, such as ``26.1``.

    """
    major = (macos or "").partition(".")[0]
    if major.isdecimal() and int(major) >= _MACOS_26:
        return memory_gib * next((share for size, share in _SHARES if memory_gib >= size), _SMALL)
    if memory_gib < _BEFORE_FROM_GIB:
        return memory_gib * _SMALL
    return max(memory_gib * _BEFORE, memory_gib - _KEPT_GIB)
