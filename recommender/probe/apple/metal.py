"""What Metal tells of the GPU, asked through the Objective-C runtime."""

import ctypes
from typing import Any

from recommender.facts.noun import noun

_OBJC = "/usr/lib/libobjc.A.dylib"
_METAL = "/System/Library/Frameworks/Metal.framework/Metal"
# Metal gives a program without this framework no default device; source: the documentation of
# MTLCreateSystemDefaultDevice.
_GRAPHICS = "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"
# MTLGPUFamily of Metal's MTLDevice.h, the newest first.
_FAMILIES = ((5002, "metal4"), (5001, "metal3"))
_POINTER = ctypes.c_void_p


@noun
class Metal:
    """The default device; ``device`` is False where Metal works but offers none.

    ``working_set`` is recommendedMaxWorkingSetSize in bytes, ``family`` such as ``metal3``.
    """

    device: bool
    working_set: int | None = None
    family: str | None = None


def read() -> Metal | None:
    """What Metal says; None where it cannot be asked."""
    try:
        return _read()
    except (OSError, AttributeError, TypeError, ValueError, ctypes.ArgumentError):
        return None


def _read() -> Metal:
    ctypes.CDLL(_GRAPHICS)
    create: Any = ctypes.CFUNCTYPE(_POINTER)(("MTLCreateSystemDefaultDevice", ctypes.CDLL(_METAL)))
    objc = ctypes.CDLL(_OBJC)
    device = create()
    if not device:
        return Metal(device=False)
    size = None
    if _responds(objc, device, b"recommendedMaxWorkingSetSize"):
        size = _send(objc, ctypes.c_uint64)(device, _name(objc, b"recommendedMaxWorkingSetSize"))
    return Metal(device=True, working_set=size or None, family=_family(objc, device))


def _family(objc: ctypes.CDLL, device: int) -> str | None:
    if not _responds(objc, device, b"supportsFamily:"):
        return None
    supports, selector = _send(objc, ctypes.c_bool, ctypes.c_long), _name(objc, b"supportsFamily:")
    return next((word for code, word in _FAMILIES if supports(device, selector, code)), None)


def _responds(objc: ctypes.CDLL, device: int, selector: bytes) -> bool:
    """Whether there is such a method: to call one that is not there ends the process."""
    ask = _send(objc, ctypes.c_bool, _POINTER)
    return bool(ask(device, _name(objc, b"respondsToSelector:"), _name(objc, selector)))


def _send(objc: ctypes.CDLL, result: Any, *arguments: Any) -> Any:
    """``objc_msgSend`` for one signature; it must be called by that of the method."""
    return ctypes.CFUNCTYPE(result, _POINTER, _POINTER, *arguments)(("objc_msgSend", objc))


def _name(objc: ctypes.CDLL, selector: bytes) -> int:
    register: Any = ctypes.CFUNCTYPE(_POINTER, ctypes.c_char_p)(("sel_registerName", objc))
    return int(register(selector))
