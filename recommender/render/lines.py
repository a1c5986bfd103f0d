"""Breaking text and commands into lines without changing what they mean."""

from collections.abc import Iterable, Iterator


def words_of(command: str) -> Iterator[str]:
    """The words of a shell line with their quotes, split at spaces outside of quotes."""
    start, quote = 0, ""
    for index, char in enumerate(command):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == " ":
            yield command[start:index]
            start = index + 1
    yield command[start:]


def fold(command: str, width: int, continuation: str = " \\") -> list[str]:
    """A command over several lines that a shell still reads as one.

    Args:
        command: one line of shell text.
        width: columns of a line, the continuation sign included.
        continuation: what joins lines: a backslash for POSIX, a backtick for PowerShell.
    """
    lines: list[str] = []
    for word in with_values(words_of(command)):
        room = width - len(continuation)
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        elif lines:
            lines[-1] += continuation
            lines.append(f"    {word}")
        else:
            lines.append(word)
    return lines


def with_values(words: Iterable[str]) -> Iterator[str]:
    """Words, an option together with the value after it."""
    option = ""
    for word in words:
        if option and not word.startswith("-"):
            yield f"{option} {word}"
            option = ""
            continue
        if option:
            yield option
        option = word if word.startswith("-") else ""
        if not option:
            yield word
    if option:
        yield option
