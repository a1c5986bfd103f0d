"""The measurement file: JSON lines that grow at the end, read without trust."""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts import Problem
from recommender.facts.codec import decode, encode
from recommender.facts.measurement import Measurement

# The newest measurements stand at the end; some ten thousand of them.
_MOST_BYTES = 4 * 2**20
_LONGEST_TEXT = 500
_MOST = 1e9
RULE = "measurements.broken"


def read(file: Path) -> tuple[tuple[Measurement, ...], tuple[Problem, ...]]:
    """The measurements of a file, the oldest first, and one problem for all lines that are none."""
    if not file.is_file():
        return (), (Problem(what=f"{printable(file)}: is no file and is ignored", rule=RULE),)
    try:
        lines = _lines(file)
    except OSError as error:
        what = f"{printable(file)}: cannot be read ({error.strerror})"
        return (), (Problem(what=what, rule=RULE),)
    found = [_measurement(line) for line in lines]
    broken = found.count(None)
    problems = (_broken(file, broken),) if broken else ()
    return tuple(one for one in found if one is not None), problems


def _broken(file: Path, count: int) -> Problem:
    return Problem(
        what=f"{printable(file)}: {count} of its lines are no measurement and are ignored",
        fix="remove those lines, or the file",
        rule=RULE,
    )


def append(file: Path, measurement: Measurement) -> None:
    """Add a line in one write, so that several writers do not mix theirs.

    Raises:
        InputError: the file cannot be written.
    """
    line = json.dumps(encode(measurement), ensure_ascii=False, separators=(",", ":")) + "\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # A line that another writer left unfinished stays one broken line.
        text = line if _ends_well(file) else f"\n{line}"
        # A pipe that nobody reads is refused instead of waited for.
        how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(file, how, 0o600)
        try:
            written = _written(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        message = (
            f"the measurement cannot be written to {printable(file)} ({error.strerror}); "
            "name another file with --save, or leave it with --no-save"
        )
        raise InputError(message) from error
    if written < len(text.encode()):
        message = f"the measurement was cut, for {printable(file)} takes no more; free some space"
        raise InputError(message)


def _written(descriptor: int, data: bytes) -> int:
    """How many bytes were taken; the part of a line is taken back, unless another line follows."""
    before = os.fstat(descriptor).st_size
    written = os.write(descriptor, data)
    if written < len(data) and os.fstat(descriptor).st_size == before + written:
        with suppress(OSError):  # a pipe takes nothing back
            os.ftruncate(descriptor, before)
    return written


def _ends_well(file: Path) -> bool:
    if not file.exists() or not file.stat().st_size:
        return True
    with file.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _lines(file: Path) -> list[bytes]:
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        start = max(size - _MOST_BYTES, 0)
        stream.seek(start)
        lines = stream.read(_MOST_BYTES).split(b"\n")
    # The first line of a part of the file is a part, too.
    return [line for line in lines[1 if start else 0 :] if line.strip()]


def _measurement(line: bytes) -> Measurement | None:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not _fits(data, _SHAPE) or not _fits(data["timing"], _TIMING):
        return None
    return decode(Measurement, data)


def _fits(data: Any, shape: Mapping[str, tuple[Callable[[Any], bool], bool]]) -> bool:
    """Whether every field is there that must be, and each is what it has to be."""
    if not isinstance(data, dict):
        return False
    return all(
        check(data[name]) if data.get(name) is not None else not needed
        for name, (check, needed) in shape.items()
    )


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()


def _date(value: Any) -> bool:
    """``2026-11-23T01:22:40Z`` or a longer form of ISO 8601; compared as text."""
    return _text(value) and len(value) > len("2026-11-23") and value[4:8:3] == "--"


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MOST


def _number(value: Any) -> bool:
    return type(value) in {int, float} and 0 < value < _MOST


def _range(value: Any) -> bool:
    pair = isinstance(value, list) and len(value) == 2 and all(map(_number, value))  # noqa: PLR2004
    return pair and value[0] <= value[1]


def _timing(value: Any) -> bool:
    return isinstance(value, dict)


_SHAPE: Mapping[str, tuple[Callable[[Any], bool], bool]] = {
    "schema_version": (_text, False),
    "llmpick_version": (_text, True),
    "at": (_date, True),
    "framework": (_text, True),
    "framework_version": (_text, False),
    "model": (_text, True),
    "base": (_text, False),
    "quantization": (_text, False),
    "device": (_text, True),
    "device_memory_gib": (_number, False),
    "devices": (_count, True),
    "timing": (_timing, True),
}
_TIMING: Mapping[str, tuple[Callable[[Any], bool], bool]] = {
    "requests": (_count, True),
    "first_token_s": (_range, False),
    "decode_tokens_per_s": (_range, False),
    "together_tokens_per_s": (_range, False),
    "prompt_tokens": (_count, False),
    "output_tokens": (_count, False),
    "counted": (_text, False),
}
